import { expect, test } from "vitest";
import { Rhythm } from "./frames.ts";
import { lookOf, seemsText } from "./kinds.ts";
import { FITTED, zoomed } from "./zoom.ts";

const file = (baseName: string, mediaType = "", size = 10n) => ({ baseName, mediaType, size });

test.each([
  ["a.mp4", "video/mp4", "video"],
  ["a.PNG", "image/png", "picture"],
  ["a.csv", "text/csv", "table"],
  ["zones.geojson", "", "tree"],
  ["report.html", "text/html", "text"],
  ["log", "", "text"],
  ["model.onnx", "", "facts"],
  ["a.pdf", "application/pdf", "facts"],
  ["Makefile.in", "", "unknown"],
])("%s of type “%s” is looked at as %s", (name, type, look) => {
  expect(lookOf(file(name, type))).toBe(look);
});

test("JSON too large to take apart is text", () => {
  expect(lookOf(file("a.json", "application/json", 257n * 2n ** 20n))).toBe("text");
});

test("bytes with zeros are no text, those with colours are", () => {
  expect(seemsText(new TextEncoder().encode("\u001b[31mred\u001b[0m\n"))).toBe(true);
  expect(seemsText(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0]))).toBe(false);
  expect(seemsText(new Uint8Array([0xff, 0xfe, 0x61, 0]))).toBe(true);
});

test("what is pointed at stays where it is while one comes closer", () => {
  const view = zoomed(FITTED, 2, 100, -50);
  expect(view).toEqual({ scale: 2, x: -100, y: 50 });
  expect(zoomed(view, 0.5, 100, -50)).toEqual(FITTED);
  expect(zoomed(FITTED, 1e9, 0, 0).scale).toBe(64);
});

test("how long one picture lasts is learnt from those that follow each other", () => {
  const rhythm = new Rhythm();
  expect(rhythm.frame()).toBeCloseTo(1 / 30);
  for (const [count, time] of [
    [1, 0],
    [2, 0.08],
    [3, 0.12],
    [5, 0.2],
    [6, 7],
  ] as const)
    rhythm.saw(time, count);
  expect(rhythm.frame()).toBeCloseTo(0.04);
});
