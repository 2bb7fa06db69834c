import { expect, test } from "vitest";
import { line, marked, settled } from "./line.ts";
import { plain, runs } from "./terminal.ts";
import { bytes, chance } from "./trial.ts";

const ESC = "\u001b";
const shown = (text: string) => line(bytes(text)).text;

test("colours and styles are read, and end where they end", () => {
  expect(
    runs(`${ESC}[1;31mred${ESC}[0m plain ${ESC}[38;5;208morange${ESC}[39m ${ESC}[48;2;1;2;3mdeep${ESC}[m`),
  ).toEqual([
    { text: "red", style: { bold: true, colour: 1 } },
    { text: " plain ", style: undefined },
    { text: "orange", style: { colour: "rgb(255 135 0)" } },
    { text: " ", style: undefined },
    { text: "deep", style: { ground: "rgb(1 2 3)" } },
  ]);
});

test.each([
  ["the cursor moved", `a${ESC}[10;10Hb${ESC}[2Jc`, "abc"],
  ["a title", `${ESC}]0;rm -rf /\u0007done`, "done"],
  ["a link to a script", `${ESC}]8;;javascript:alert(1)${ESC}\\link${ESC}]8;;${ESC}\\`, "link"],
  ["a device string", `a${ESC}P1$r0m${ESC}\\b`, "ab"],
  ["controls of one byte in C1", "a\u009b31mb\u009d0;t\u009cc", "abc"],
  ["a character set", `${ESC}(Ba${ESC}=b`, "ab"],
])("%s is left out", (_, text, expected) => {
  expect(plain(text)).toBe(expected);
});

test("a sequence without an end hides nothing of the line", () => {
  expect(shown(`${ESC}]0;begun and the rest`)).toBe("ESC]0;begun and the rest");
  expect(shown(`a${ESC}[31`)).toBe("aESC[31");
});

test.each([
  ["a progress bar is as it is at last", "\r 10%|#   |\r 50%|##  |\r100%|####|", "100%|####|"],
  ["a shorter drawing leaves the end of the longer one", "long line\rshort", "shortline"],
  ["unless the rest is erased", `long line\rshort${ESC}[K`, "short"],
  ["the whole line erased", `long line${ESC}[2K\rx`, "x"],
  ["a line end of Windows is none", "text\r", "text"],
  ["what is deleted backwards is written over", "50\b\b60%", "60%"],
  ["colours stay with what was drawn", `${ESC}[31ma\rb`, "b"],
])("%s", (_, text, expected) => {
  expect(plain(text)).toBe(expected);
});

test("what would be hidden is shown by its name", () => {
  expect(shown("a\u202egnp.exe\u202c \u200b\u0000\u0007\u007f")).toBe("aRLOgnp.exePDF ZWSP^@^GDEL");
  expect(line(new Uint8Array([0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82])).text).toBe("a\\xff\\xc3(\\xe2\\x82");
  expect(line(new Uint8Array([0xed, 0xa0, 0x80, 0xc0, 0xaf, 0xf5])).text).toBe("\\xed\\xa0\\x80\\xc0\\xaf\\xf5");
  expect(shown("täglich 日本 🚗\ttab")).toBe("täglich 日本 🚗\ttab");
});

test("markup is text", () => {
  expect(line(bytes("<img src=x onerror=alert(1)>")).parts).toEqual([
    { text: "<img src=x onerror=alert(1)>", style: undefined },
  ]);
});

test("no bytes break it, and styles hold nothing but our own colours", () => {
  const dice = chance(7);
  const likely = [0x1b, 0x5b, 0x5d, 0x6d, 0x3b, 0x33, 0x38, 0x0d, 0x08, 0x4b, 0x07, 0x9b];
  for (let round = 0; round < 3_000; round++) {
    const data = Uint8Array.from({ length: dice(60) }, () =>
      dice(2) ? (likely[dice(likely.length)] as number) : dice(256),
    );
    for (const { text, style } of line(data).parts) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
      expect(text).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e]/);
      for (const colour of [style?.colour, style?.ground]) {
        if (typeof colour === "string") expect(colour).toMatch(/^rgb\(\d+ \d+ \d+\)$/);
        else if (colour !== undefined) expect(colour).toBeLessThan(16);
      }
    }
  }
});

test("a very long line that is drawn over is read in a moment", () => {
  const long = Array.from({ length: 20_000 }, (_, step) => `\r${step}%|${"#".repeat(40)}|`).join("");
  const began = performance.now();
  expect(plain(long)).toBe(`19999%|${"#".repeat(40)}|`);
  expect(performance.now() - began).toBeLessThan(200);
});

test("marks divide parts and keep their text", () => {
  const parts = line(bytes(`${ESC}[31mloss=${ESC}[0m0.5 step`)).parts;
  const found = settled([
    { from: 0, to: 8, pattern: 1 },
    { from: 5, to: 10, pattern: 2 },
    { from: 9, to: 13, pattern: 0 },
  ]);
  expect(found.map(({ from, to }) => [from, to])).toEqual([
    [0, 8],
    [9, 13],
  ]);
  const divided = marked(parts, found);
  expect(divided.map((part) => [part.text, part.found])).toEqual([
    ["loss=", 1],
    ["0.5", 1],
    [" ", undefined],
    ["step", 0],
  ]);
});
