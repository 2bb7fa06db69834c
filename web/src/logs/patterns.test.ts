import { expect, test } from "vitest";
import { asExpression, patternOf } from "./patterns.ts";

test("words are looked for as they stand, in what the stage wrote and not before it", () => {
  expect(patternOf("a.b (x)")?.asked).toBe("(?i)^[^ ]+ (?:stdout|stderr|winslow) [FP] .*(?:a\\.b \\(x\\))");
  expect(patternOf("Loss")?.asked).toMatch(/^\^/);
  expect(patternOf("  ")).toBeUndefined();
});

test("an expression at a line's beginning is at what the stage wrote", () => {
  expect(patternOf("/^step \\d+/")?.asked).toBe("(?i)^[^ ]+ (?:stdout|stderr|winslow) [FP] (?:step \\d+)");
  expect(patternOf("/\\S+x/")?.asked).toContain("(?i)");
});

test("what RE2 reads and browsers do not is looked for nevertheless", () => {
  expect(patternOf("/(?P<n>\\d+)/")?.marks).toEqual({ source: "(?<n>\\d+)", flags: "gi" });
  expect(patternOf("/\\pN[[:alpha:]/")?.asked).toContain("[[:alpha:]");
  expect(patternOf("/(/")?.marks).toBeUndefined();
});

test("words become an expression and back", () => {
  expect(asExpression("a", true)).toBe("/a/");
  expect(asExpression("/a/", false)).toBe("a");
  expect(asExpression("/a/", true)).toBe("/a/");
});
