import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { ago, duration, size } from "./words.ts";

const NOW = Date.UTC(2026, 10, 23, 12);

test.each([
  [0, "just now"],
  [-30_000, "just now"],
  [-3 * 60_000, "3 minutes ago"],
  [-26 * 3_600_000, "yesterday"],
  [2 * 3_600_000, "in 2 hours"],
])("%i ms from now is said as %s", (milliseconds, words) => {
  expect(ago(timestampFromMs(NOW + milliseconds), NOW, "en")).toBe(words);
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1_572_864, "1.5 MiB"],
  [1_048_575, "1.0 MiB"],
  [21n * 1024n ** 3n, "21 GiB"],
])("%s bytes are said as %s", (bytes, words) => {
  expect(size(bytes)).toBe(words);
});

test.each([
  [0, "0 s"],
  [59.6, "1 min"],
  [125, "2 min 5 s"],
  [3600, "1 h"],
  [93_784, "1 d 2 h"],
])("%f seconds are said as %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});
