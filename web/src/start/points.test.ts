import { expect, test } from "vitest";
import { countOf, pointAt, someOf } from "./points.ts";

const axes = [
  { variable: "A", values: ["1", "2"] },
  { variable: "B", values: ["x", "y", "z"] },
];

test("the last axis varies fastest, as the server makes the points", () => {
  expect(countOf(axes)).toBe(6);
  expect(pointAt(axes, 0)).toEqual({ A: "1", B: "x" });
  expect(pointAt(axes, 1)).toEqual({ A: "1", B: "y" });
  expect(pointAt(axes, 5)).toEqual({ A: "2", B: "z" });
  expect(pointAt(axes, 6)).toBeUndefined();
  expect(pointAt(axes, -1)).toBeUndefined();
});

test("of many points the first ones and the last are looked at, and none is built beside", () => {
  const many = [1, 2, 3].map((axis) => ({
    variable: `V${axis}`,
    values: Array.from({ length: 40 }, (_, value) => String(value)),
  }));
  const some = someOf(many, 5);
  expect(some.map(({ index }) => index)).toEqual([0, 1, 2, 3, 63_999]);
  expect(some.at(-1)?.values).toEqual({ V1: "39", V2: "39", V3: "39" });
  expect(someOf(axes, 10)).toHaveLength(6);
});
