import { expect, test } from "vitest";
import { chance } from "../logs/trial.ts";
import { columns, extent, type Point, sorted, summary, thinned } from "./series.ts";
import { ticksOf, valued } from "./units.ts";

const random = (count: number, seed = 1): Point[] => {
  const dice = chance(seed);
  return Array.from({ length: count }, (_, x) => ({ x, y: dice(50) === 0 ? null : dice(1_000_000) }));
};

test("thinned lines keep every peak, their ends, their gaps and their order", () => {
  const points = random(100_000);
  const few = thinned(points, { from: 0, to: 100_000 }, 2_000);
  const known = (all: readonly Point[]) => all.flatMap(({ y }) => (y === null ? [] : [y]));
  expect(few.length).toBeLessThanOrEqual(2_500);
  expect([Math.min(...known(few)), Math.max(...known(few))]).toEqual([
    Math.min(...known(points)),
    Math.max(...known(points)),
  ]);
  expect([few[0], few.at(-1)]).toEqual([points[0], points.at(-1)]);
  expect(few.some(({ y }) => y === null)).toBe(true);
  expect(sorted(few)).toBe(few);
});

test("a hundred thousand points are thinned in a moment", () => {
  const points = random(100_000);
  const began = performance.now();
  thinned(points, { from: 0, to: 100_000 }, 2_000);
  expect(performance.now() - began).toBeLessThan(100);
});

test("zoomed in, all points of the range are there and one beyond each end", () => {
  const points = random(10_000);
  const near = thinned(points, { from: 500, to: 600 }, 2_000);
  expect(near.map(({ x }) => x)).toEqual(Array.from({ length: 103 }, (_, n) => 499 + n));
});

test("points without a place are left out, and the rest is put in order", () => {
  expect(
    sorted([
      { x: 3, y: 1 },
      { x: Number.NaN, y: 2 },
      { x: 1, y: 3 },
    ]),
  ).toEqual([
    { x: 1, y: 3 },
    { x: 3, y: 1 },
  ]);
  expect(extent([[], []])).toBeUndefined();
});

test("series of their own places share one axis; only real gaps break a line", () => {
  const one = [
    { x: 1, y: 10 },
    { x: 3, y: null },
  ];
  expect(columns([one, [{ x: 2, y: 20 }]])).toEqual([
    [1, 2, 3],
    [10, undefined, null],
    [undefined, 20, undefined],
  ]);
  expect(columns([])).toEqual([[]]);
});

test("a line is said in a sentence", () => {
  const say = (value: number) => valued(value, "%");
  const points = [
    { x: 1, y: 5 },
    { x: 2, y: null },
    { x: 3, y: 2 },
  ];
  expect(summary({ label: "GPU", points }, say)).toBe("GPU: 2 values from 2 % to 5 %, the last one 2 %");
  expect(summary({ label: "GPU", points: [] }, say)).toBe("GPU: no values");
});

test("values are said in their unit", () => {
  expect([valued(1536, "B"), valued(1536, "B/s"), valued(1.23456, "cores"), valued(null, "B")]).toEqual([
    "1.5 KiB",
    "1.5 KiB/s",
    "1.235 cores",
    "–",
  ]);
});

test("the day stands only where it is another", () => {
  const hour = 3_600_000;
  const ticks = ticksOf([0, 1, 2].map((n) => Date.UTC(2026, 0, 1, 12) + n * hour));
  expect(ticks.map((tick) => tick.includes("\n"))).toEqual([true, false, false]);
});
