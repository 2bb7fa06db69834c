import { expect, test } from "vitest";
import { placed, ROW } from "./tallness.ts";

test("few rows are where they are", () => {
  expect(placed(1000, 2600, 520)).toEqual({ first: 90, last: 130, offset: 90 * ROW, tall: 26_000 });
});

test("of a million rows the first and the last can be reached", () => {
  const top = placed(1_000_000, 0, 500);
  expect(top).toMatchObject({ first: 0, offset: 0, tall: 8_000_000 });
  const bottom = placed(1_000_000, 8_000_000 - 500, 500);
  expect(bottom.last).toBe(1_000_000);
  // The last row ends where the box ends.
  expect(Math.round(bottom.offset + (bottom.last - bottom.first) * ROW)).toBe(8_000_000);
});

test("no row is none", () => {
  expect(placed(0, 0, 500)).toEqual({ first: 0, last: 0, offset: 0, tall: 0 });
});
