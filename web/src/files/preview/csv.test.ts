import { expect, test } from "vitest";
import { Rows, rowStarts, widths } from "./csv.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** All rows of `text` when it comes `size` bytes at a time. */
function cut(text: string, size: number): string[][] {
  const all = bytes(text);
  const rows = new Rows(all);
  for (let at = 0; at < all.length; at += size) rows.take(all.subarray(at, at + size), at + size >= all.length);
  return Array.from({ length: rows.count }, (_, index) => [...rows.row(index)]);
}

const TABLE = 'name,said\r\n"Ö, the first","two\nlines"\r\nplain,"a ""quote"""\n\nlast,one';
const ROWS = [
  ["name", "said"],
  ["Ö, the first", "two\nlines"],
  ["plain", 'a "quote"'],
  ["last", "one"],
];

test.each([1, 2, 3, 7, 1000])("rows are the same however the file is cut, here by %i bytes", (size) => {
  expect(cut(TABLE, size)).toEqual(ROWS);
});

test.each([
  ["a\tb\n1\t2\n", "\t"],
  ["a;b\n1;2\n3;4\n", ";"],
])("what parts cells is found out", (text, delimiter) => {
  expect(new Rows(bytes(text)).delimiter).toBe(delimiter);
});

test("a quote within a cell is a letter as any other", () => {
  expect(cut('size,of\n5" pipe,2\nnext,3\n', 100)).toEqual([
    ["size", "of"],
    ['5" pipe', "2"],
    ["next", "3"],
  ]);
});

test("a quote that nobody closes ends with the file", () => {
  expect(rowStarts('a,b\n"c,d\ne,f\n', ",", true).starts).toEqual([0, 4]);
  expect(rowStarts('a,b\n"c,d\ne,f\n', ",", false)).toEqual({ starts: [0], end: 4 });
});

test("a table of a million rows is walked quickly", () => {
  const all = bytes(Array.from({ length: 100_000 }, (_, index) => `${index},car,0.${index}\n`).join(""));
  const rows = new Rows(all);
  for (let piece = 0; piece < 10; piece++) rows.take(all, piece === 9);
  expect(rows.count).toBe(1_000_000);
  expect(rows.row(999_999)).toEqual(["99999", "car", "0.99999"]);
  expect(widths(rows)).toEqual([7, 5, 9]);
});
