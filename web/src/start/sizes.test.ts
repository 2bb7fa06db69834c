import { expect, test } from "vitest";
import { parseSize, writeSize } from "./sizes.ts";

test("sizes are read as winslowctl reads them", () => {
  expect(parseSize("512MiB")).toBe(512n << 20n);
  expect(parseSize("512Mi")).toBe(512n << 20n);
  expect(parseSize("2G")).toBe(2_000_000_000n);
  expect(parseSize("1.5 GiB")).toBe(3n << 29n);
  expect(parseSize("1048576")).toBe(1_048_576n);
  expect(parseSize("0.1B")).toBe(0n);
});

test("what is no size is none", () => {
  for (const text of ["", "GiB", "-1", "1e9", "4 gb", "1..2", "12 XiB", "1,5GiB"])
    expect(parseSize(text)).toBeUndefined();
});

test("sizes are written exactly and as short as can be", () => {
  expect(writeSize(512n << 20n)).toBe("512MiB");
  expect(writeSize(2_000_000_000n)).toBe("2GB");
  expect(writeSize(1_234_567n)).toBe("1234567");
  expect(writeSize(0n)).toBe("");
  for (const bytes of [1n, 1000n, 1024n, 3n << 29n, 10n ** 15n]) expect(parseSize(writeSize(bytes))).toBe(bytes);
});
