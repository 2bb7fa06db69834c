import { expect, test } from "vitest";
import { SMALL, together } from "./small.ts";

const files = (...sizes: number[]) => sizes.map((size) => ({ size, replace: false }));

test("a call takes no more files and bytes than it may", () => {
  expect(together(files(...Array<number>(2000).fill(10)))).toBe(512);
  expect(together(files(...Array<number>(20).fill(SMALL)))).toBe(3);
  expect(together([])).toBe(0);
});

test("a large file goes by itself, and ends those that go together", () => {
  expect(together(files(SMALL + 1))).toBe(0);
  expect(together(files(1, 2, SMALL + 1, 3))).toBe(2);
});

test("what replaces does not go with what does not", () => {
  expect(
    together([
      { size: 1, replace: false },
      { size: 1, replace: true },
    ]),
  ).toBe(1);
});
