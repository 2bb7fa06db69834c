import { expect, test } from "vitest";
import { spotOf, told } from "./problems.ts";

const TEXT = "name: a\nstages:\n  - imgae: busybox\n    timeout: '5 hours'\n";
const word = (line: number, column: number, text = TEXT) => {
  const { from, to } = spotOf({ line, column }, text);
  return text.slice(from, to);
};

test("a problem is marked from its column to the end of the word", () => {
  expect(word(3, 5)).toBe("imgae");
  expect(word(4, 14)).toBe("'5 hours'");
});

test("characters beyond the basic plane count as one, as the parser counts them", () => {
  expect(word(1, 8, "🚗🚗: x: oops")).toBe("oops");
});

test("without a column the line is marked, without a line the first one", () => {
  expect(word(3, 0)).toBe("- imgae: busybox");
  expect(word(0, 0)).toBe("name: a");
});

test("a problem past the end of a text that became shorter stays inside of it", () => {
  const { from, to } = spotOf({ line: 40, column: 9 }, "a: b");
  expect(from).toBeLessThanOrEqual(4);
  expect(to).toBeLessThanOrEqual(4);
});

test("what is wrong is told with what to do", () => {
  expect(told({ message: "unknown field 'imgae'", hint: "did you mean 'image'?" })).toBe(
    "Unknown field 'imgae' (did you mean 'image'?)",
  );
});
