import { expect, test } from "vitest";
import { contrast, luminance, readable } from "./readable.ts";

test("a colour that can be read is left as it is, and any other is moved until it can", () => {
  expect(readable("rgb(0 80 170)")).toMatch(/^light-dark\(rgb\(0 80 170\), /);
  for (const colour of [
    "rgb(255 135 0)",
    "rgb(0 255 0)",
    "rgb(255 255 255)",
    "rgb(0 0 0)",
    "rgb(0 0 255)",
    "rgb(128 128 128)",
  ]) {
    const [light, dark] = [...readable(colour).matchAll(/rgb\((\d+) (\d+) (\d+)\)/g)].map((found) =>
      luminance([Number(found[1]), Number(found[2]), Number(found[3])]),
    ) as [number, number];
    expect(contrast(light, 1)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(dark, luminance([0x16, 0x18, 0x1b]))).toBeGreaterThanOrEqual(4.5);
  }
});
