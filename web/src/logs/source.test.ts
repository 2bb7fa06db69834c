import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BLOCK } from "./block.ts";
import { Blocks } from "./blocks.ts";
import { patternOf } from "./patterns.ts";
import { Search } from "./search.ts";
import { type LogCalls, Source } from "./source.ts";
import { cri, Written } from "./trial.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** The server's half over a log in memory: cut when it is told to. */
class Served {
  readonly written = new Written();
  ended = false;
  cut = false;
  followed: number[] = [];
  #listeners = new Set<() => void>();

  write(lines: readonly string[]): void {
    this.written.write(lines);
    this.wake();
  }

  wake(): void {
    for (const listener of this.#listeners) listener();
  }

  calls(): LogCalls {
    const { written } = this;
    const chunk = (offset: number, data: Uint8Array, continued: string[] = [], ended = false) => ({
      offset: BigInt(offset),
      data,
      size: BigInt(written.data.length),
      ended,
      continued,
    });
    const self = this;
    return {
      async readLog(ask: { offset?: bigint; tailLines?: bigint; align?: boolean; size?: bigint }) {
        if (self.cut) throw new Error("cut");
        if (ask.tailLines) {
          const at = written.at.at(-1) ?? 0;
          return chunk(at, written.data.slice(at));
        }
        const offset = Number(ask.offset);
        if (!ask.align) return chunk(offset, written.data.slice(offset, offset + Number(ask.size)));
        const piece = written.piece(Math.floor(offset / BLOCK));
        return chunk(piece.offset, piece.data, [...piece.continued]);
      },
      async *followLog(ask: { offset: bigint }, { signal }: { signal: AbortSignal }) {
        self.followed.push(Number(ask.offset));
        let at = Number(ask.offset);
        while (!signal.aborted) {
          if (self.cut) throw new Error("cut");
          if (at < written.data.length) {
            const end = Math.min(written.data.length, at + 1000);
            const whole = written.data.lastIndexOf(10, end - 1) + 1;
            yield chunk(at, written.data.slice(at, whole));
            at = whole;
          } else if (self.ended) {
            yield chunk(at, new Uint8Array(0), [], true);
            return;
          } else {
            await new Promise<void>((go) => {
              const done = () => {
                self.#listeners.delete(done);
                go();
              };
              self.#listeners.add(done);
              signal.addEventListener("abort", done);
            });
          }
        }
      },
      async searchLog(ask: { offset: bigint; pageToken: string; pageSize: number }) {
        if (self.cut) throw new Error("cut");
        const from = ask.pageToken ? Number(ask.pageToken) : Number(ask.offset);
        const at = written.at.filter((one) => one >= from);
        const text = (one: number) =>
          new TextDecoder().decode(written.data.subarray(one, written.data.indexOf(10, one)));
        const matching = at.filter((one) => text(one).includes("7"));
        const page = matching.slice(0, ask.pageSize);
        const more = matching.length > page.length;
        const through = more ? (matching[page.length] as number) : written.data.length;
        return {
          matches: page.map((offset) => ({ offset: BigInt(offset) })),
          nextPageToken: more ? String(through) : "",
          offset: BigInt(through),
          size: BigInt(written.data.length),
        };
      },
    } as unknown as LogCalls;
  }
}

const lines = (count: number, from = 0) => Array.from({ length: count }, (_, n) => cri(`line ${from + n}`));
const settle = () => vi.advanceTimersByTimeAsync(10);

function followed(served: Served) {
  const blocks = new Blocks();
  let rows = 0;
  const source = new Source(served.calls(), "projects/p/stages/s", blocks, (count) => {
    rows += count;
  });
  source.wake();
  return { blocks, source, rows: () => rows };
}

test("a log that is followed grows without a gap or a repeat, over a cut", async () => {
  const served = new Served();
  served.write(lines(10));
  const { blocks, source, rows } = followed(served);
  await settle();
  expect([source.following, blocks.size]).toEqual(["live", served.written.data.length]);
  served.write(lines(100, 10));
  await settle();
  expect(rows()).toBe(100);
  served.cut = true;
  served.write(lines(50, 110));
  await settle();
  expect(source.following).toBe("cut");
  served.cut = false;
  await vi.advanceTimersByTimeAsync(3_000);
  expect([source.following, rows(), blocks.size]).toEqual(["live", 150, served.written.data.length]);
  served.ended = true;
  served.wake();
  await settle();
  expect(source.following).toBe("ended");
  expect(blocks.get(0)?.at).toEqual(served.written.at);
});

test("a bar of hours is followed from its end, also where no piece of it begins in the last block", async () => {
  const served = new Served();
  const piece = cri(`${"x".repeat(800)}\r`, "stderr", "P");
  while (served.written.data.length % BLOCK < piece.length || served.written.data.length < 20 * BLOCK)
    served.written.write([piece]);
  while (served.written.data.length % BLOCK > piece.length - 100) served.written.write([piece]);
  const { blocks, source } = followed(served);
  await settle();
  expect([source.following, served.followed]).toEqual(["live", [served.written.data.length]]);
  expect(blocks.count).toBe(1);
  const before = blocks.size;
  served.write([piece]);
  await settle();
  expect(blocks.size).toBe(before + piece.length);
});

test("who rests lets go, and goes on where they were", async () => {
  const served = new Served();
  served.write(lines(10));
  const { blocks, source, rows } = followed(served);
  await settle();
  const at = blocks.grown;
  source.rest();
  served.write(lines(20, 10));
  await settle();
  expect([source.following, rows()]).toEqual(["resting", 0]);
  source.wake();
  await settle();
  expect([served.followed.at(-1), rows(), blocks.size]).toEqual([at, 20, served.written.data.length]);
});

test("who comes back after millions of lines goes on at the end and reads nothing between", async () => {
  const served = new Served();
  served.write(lines(10));
  const { blocks, source } = followed(served);
  await settle();
  source.rest();
  served.write(lines(160_000, 10));
  source.wake();
  await settle();
  expect(served.followed.at(-1)).toBe(served.written.data.length);
  expect(blocks.count).toBeLessThanOrEqual(2);
  expect(blocks.size).toBe(served.written.data.length);
});

test("a search counts what is there and what is written later, and leads on and back", async () => {
  const served = new Served();
  served.write(lines(30));
  const pattern = patternOf("7");
  if (!pattern) throw new Error("no pattern");
  const search = new Search(served.calls(), "projects/p/stages/s", pattern, () => undefined);
  await settle();
  expect(search.says).toMatchObject({ count: 3, done: true, more: false, share: 1 });
  const [first, second, third] = search.found as [number, number, number];
  expect([await search.next(-1), await search.next(first), search.previous(third), search.place(second)]).toEqual([
    first,
    second,
    second,
    2,
  ]);
  expect([await search.next(third), search.previous(first)]).toEqual([undefined, undefined]);
  served.write(lines(10, 70));
  search.grown(served.written.data.length);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(search.says.count).toBe(13);
  search.close();
});
