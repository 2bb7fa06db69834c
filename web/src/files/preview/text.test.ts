import { expect, test } from "vitest";
import { guessEncoding, LINE_MAX, Lines, uncoloured, visible } from "./text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("what a text would do to a screen is shown instead", () => {
  expect(visible("\u001b[31mred\ttab\u202eturned\u0000")).toBe("⟨U+001B⟩[31mred\ttab⟨U+202E⟩turned⟨U+0000⟩");
});

test("a line that goes on for ever is cut, and says so", () => {
  expect(visible("x".repeat(LINE_MAX + 7))).toBe(`${"x".repeat(LINE_MAX)} … 7 more characters`);
});

test("encodings are guessed by what cannot be", () => {
  expect(guessEncoding(bytes("Größe"))).toBe("utf-8");
  expect(guessEncoding(bytes("Größe").subarray(0, 3))).toBe("utf-8");
  expect(guessEncoding(new Uint8Array([0x47, 0x72, 0xf6, 0x20]))).toBe("windows-1252");
  expect(guessEncoding(new Uint8Array([0xff, 0xfe, 0x61, 0]))).toBe("utf-16le");
});

test("lines are the same however the file is cut", () => {
  const text = bytes("eins\r\nzwei ö\n\rdrei\nvier");
  for (const size of [1, 2, 5, 100]) {
    const lines = new Lines("utf-8");
    for (let at = 0; at < text.length; at += size) lines.take(text.subarray(at, at + size), at + size >= text.length);
    expect(lines.all()).toEqual(["eins", "zwei ö", "", "drei", "vier"]);
  }
});

test("a carriage return at the end of a piece waits for what follows", () => {
  const lines = new Lines("utf-8");
  lines.take(bytes("a\r"), false);
  lines.take(bytes("\nb\n"), true);
  expect(lines.all()).toEqual(["a", "b"]);
});

test("colours of a terminal can be left out, and nothing else that one is told", () => {
  expect(visible(uncoloured("\u001b[1;31mERROR\u001b[0m \u001b[2J\u001b]0;title\u0007"))).toBe(
    "ERROR ⟨U+001B⟩[2J⟨U+001B⟩]0;title⟨U+0007⟩",
  );
});
