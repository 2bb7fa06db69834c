import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Marker, type Worker } from "./marker.ts";
import { type Ask, answer, places, type Told } from "./marking.ts";
import { patternOf } from "./patterns.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A worker that answers at once, but for patterns that "never end". */
class Hanging implements Worker {
  onmessage: ((event: MessageEvent<Told>) => void) | null = null;
  static made = 0;
  gone = false;
  constructor() {
    Hanging.made += 1;
  }
  postMessage(ask: Ask): void {
    const end = ask.patterns.findIndex(({ source }) => source.includes("never"));
    const done = { ...ask, patterns: end < 0 ? ask.patterns : ask.patterns.slice(0, end) };
    queueMicrotask(() => answer(done, (told) => !this.gone && this.onmessage?.({ data: told } as MessageEvent<Told>)));
  }
  terminate(): void {
    this.gone = true;
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);

test("a pattern that takes too long is put aside, and the others mark on", async () => {
  Hanging.made = 0;
  const marker = new Marker(
    () => new Hanging(),
    () => undefined,
  );
  marker.use([patternOf("loss"), patternOf("/never+/"), patternOf("/0\\.\\d/")]);
  marker.look(["loss=0.5"]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(marker.slow).toEqual(new Set(["/never+/"]));
  expect(marker.found("loss=0.5")).toEqual([
    { from: 0, to: 4, pattern: 0 },
    { from: 5, to: 8, pattern: 2 },
  ]);
  expect(Hanging.made).toBe(2);
});

test("lines that are known are not asked for again, and other patterns find anew", async () => {
  const changed = vi.fn();
  const marker = new Marker(() => new Hanging(), changed);
  marker.use([patternOf("a")]);
  marker.look(["a", "b"]);
  await settle();
  expect(marker.found("a")).toHaveLength(1);
  marker.use([patternOf("b")]);
  expect(marker.found("a")).toEqual([]);
  marker.look(["a", "b"]);
  await settle();
  expect([marker.found("a"), marker.found("b")].map((found) => found.length)).toEqual([0, 1]);
});

test("matches of nothing mark nothing", () => {
  expect(places(/x*/g, "axxb")).toEqual([1, 3]);
});
