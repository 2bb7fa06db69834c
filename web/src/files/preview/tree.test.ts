import { expect, test } from "vitest";
import { parsed } from "./exact.ts";
import { type Branch, branchOf, plain, summary } from "./tree.ts";

function entriesOf(value: unknown) {
  const branch = branchOf(value);
  return Array.from({ length: branch?.count ?? 0 }, (_, index) => branch?.entry(index));
}
const said = (value: unknown) => summary(branchOf(value) as Branch);

test("numbers stay what the file says", () => {
  const value = parsed('{"id": 12345678901234567890, "at": 1.10, "small": 7}') as Record<string, unknown>;
  expect(plain(value.id)).toBe("12345678901234567890");
  expect(plain(value.at)).toBe("1.10");
  expect(value.small).toBe(7);
});

test("lists and objects can be unfolded, values cannot", () => {
  expect(entriesOf([1, 2])).toEqual([
    ["0", 1],
    ["1", 2],
  ]);
  expect(entriesOf({ a: null })).toEqual([["a", null]]);
  for (const value of [null, 1, "x", true]) expect(branchOf(value)).toBeUndefined();
});

test("what is folded says what is in it", () => {
  expect(said([1])).toBe("[ 1 entry ]");
  expect(said({ a: 1, b: 2, c: 3, d: 4, e: 5 })).toBe("{ a, b, c, d, … }");
});

test("an object's names are its own, whatever they are", () => {
  expect(entriesOf(parsed('{"__proto__": 1}'))).toEqual([["__proto__", 1]]);
});
