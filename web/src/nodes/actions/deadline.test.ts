import { expect, test } from "vitest";
import { secondsOf } from "./deadline.ts";

test.each([
  ["90", 90],
  ["15m", 900],
  ["1 h 30 min", 5400],
  ["2d", 172_800],
  ["0s", 0],
  [" 1.5H ", 5400],
])("%j is %d seconds", (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});

test.each(["", "soon", "1 hour", "5 x", "-3m", "m", "1h later"])("%j is no duration", (text) => {
  expect(secondsOf(text)).toBeUndefined();
});
