import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LogCalls } from "../logs/source.ts";
import { type Extracted, Extraction } from "./extraction.ts";
import { added, bounded, noRows, points } from "./rows.ts";
import { meant, overOf, sensible } from "./specs.ts";
import { Columns, headOf } from "./tables.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A log of which each answer has one value, its place; so many at first. */
function served(size: number) {
  const state = { size, ended: false, cut: 0, asked: [] as number[] };
  const calls = {
    async extractLogValues(ask: { offset: bigint }) {
      state.asked.push(Number(ask.offset));
      if (state.cut-- > 0) throw new ConnectError("gone", Code.Unavailable);
      const at = Number(ask.offset);
      const next = Math.min(state.size, at + 1);
      return {
        values: next > at ? { times: [at], columns: [{ group: "n", values: [at] }] } : { times: [], columns: [] },
        offset: BigInt(next),
        size: BigInt(state.size),
        ended: state.ended && next === state.size,
      };
    },
  } as unknown as LogCalls;
  const says: Extracted[] = [];
  return { state, says, extraction: new Extraction(calls, "projects/p/stages/s", "x", (one) => says.push(one)) };
}

test("a log is looked through to its end, and on from there, each piece once", async () => {
  const { state, says, extraction } = served(5);
  await extraction.look();
  expect(says.at(-1)).toMatchObject({ share: 1, done: true });
  expect(says.at(-1)?.rows.columns.get("n")).toEqual([0, 1, 2, 3, 4]);
  state.size = 7;
  await extraction.look();
  expect(says.at(-1)?.rows.columns.get("n")).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(says.at(-1)?.rows.times.at(-1)).toBe(6000);
  state.ended = true;
  await extraction.look();
  const asked = state.asked.length;
  await extraction.look();
  expect(state.asked.length).toBe(asked);
});

test("a node that does not answer is asked again, and nothing is counted twice", async () => {
  const { state, says, extraction } = served(3);
  state.cut = 3;
  const looking = extraction.look();
  await vi.advanceTimersByTimeAsync(30_000);
  await looking;
  expect(says.at(-1)).toMatchObject({ done: true, problem: undefined });
  expect(says.at(-1)?.rows.columns.get("n")).toEqual([0, 1, 2]);
});

test("rows are bounded, and their least and greatest stay", () => {
  let rows = noRows();
  for (let page = 0; page < 100; page++) {
    const times = Array.from({ length: 1_000 }, (_, n) => page * 1_000 + n);
    rows = added(rows, times, new Map([["y", times.map((n) => (n === 43_210 ? 1e9 : n % 100))]]));
  }
  expect(rows.times.length).toBeLessThanOrEqual(40_000);
  expect(Math.max(...(rows.columns.get("y") ?? []))).toBe(1e9);
  expect(bounded(rows, 10).times.length).toBeLessThanOrEqual(12);
});

test("columns that come later have no values before", () => {
  const rows = added(added(noRows(), [1], new Map([["a", [1]]])), [2], new Map([["b", [2]]]));
  expect(points(rows, "a", { time: true })).toEqual([{ x: 1, y: 1 }]);
  expect(points(rows, "b", { since: 1 })).toEqual([{ x: 0.001, y: 2 }]);
  expect(points(rows, "a", { column: "b" })).toEqual([]);
  expect(points(rows, "a", { row: true })).toEqual([{ x: 1, y: 1 }]);
});

test("a word means the number behind it, and a pattern what it says", () => {
  expect(meant("(?<loss>\\d+)(?<!x)(?<=y)")).toBe("(?P<loss>\\d+)(?<!x)(?<=y)");
  expect(meant("val loss")).toContain("(?P<val_loss>");
  const found = new RegExp(meant("loss").replace("(?i)", "").replaceAll("(?P<", "(?<"), "i");
  for (const text of ["loss=0.5", "Loss: 0.5", "x loss 0.5"]) expect(found.exec(text)?.groups?.loss).toBe("0.5");
  expect(found.exec("glossary 5")).toBeNull();
});

test("values are drawn over what counts, or over time", () => {
  expect(overOf(["step", "loss"], "")).toBe("step");
  expect(overOf(["step"], "")).toBe("time");
  expect(overOf(["step", "loss"], "time")).toBe("time");
  expect(overOf(["loss"], "step")).toBe("time");
});

test("what a browser kept is taken only where it makes sense", () => {
  const parsers = ["(?P<a>x)", "none"];
  expect(sensible(null, parsers).logs).toEqual([{ pattern: "(?P<a>x)", over: "" }]);
  const kept = {
    logs: [{ pattern: "p", over: "" }, 7, null],
    tables: [
      { file: "../x", x: "", y: [] },
      { file: "a.csv", x: "", y: ["b"] },
    ],
  };
  expect(sensible(kept, parsers)).toEqual({
    logs: [{ pattern: "p", over: "" }],
    tables: [{ file: "a.csv", x: "", y: ["b"] }],
  });
});

test("a table's columns of numbers are found, with names or without", () => {
  expect(headOf("a,b,a\n1,x,3\n")).toEqual({ columns: ["a", "b", "a (2)"], numbers: ["a", "a (2)"] });
  expect(headOf("1;2\n3;4\n")).toEqual({ columns: ["column 1", "column 2"], numbers: ["column 1", "column 2"] });
});

test.each([1, 3, 7, 1000])("a table that comes in pieces of %i characters is the same", (size) => {
  const text = 'n,"v, w"\n1,10\n2,"20"\n\n3,none\n4,40';
  const columns = new Columns((head) => head.numbers);
  for (let at = 0; at < text.length; at += size) columns.take(text.slice(at, at + size), at + size >= text.length);
  expect(points(columns.rows, "v, w", { column: "n" })).toEqual([
    { x: 1, y: 10 },
    { x: 2, y: 20 },
    { x: 4, y: 40 },
  ]);
});
