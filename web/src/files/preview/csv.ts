// A table of text that comes in pieces: where its rows begin is remembered, and a row is taken apart when it is looked at. So a
// million rows cost their text and eight bytes each. Pure; quoting is as in RFC 4180.
import Papa from "papaparse";
import { guessEncoding } from "./text.ts";

const SAMPLE = 64 * 2 ** 10;

export class Rows {
  readonly encoding: string;
  readonly delimiter: string;
  readonly #decoder: TextDecoder;
  /** Whole rows, a text for each piece; and the rows' places in them. */
  #texts: string[] = [];
  #starts: Uint32Array[] = [];
  /** How many rows there are up to and with each text. */
  #counts: number[] = [];
  #rest = "";

  /** `first` are the file's first bytes. */
  constructor(first: Uint8Array) {
    this.encoding = guessEncoding(first);
    this.#decoder = new TextDecoder(this.encoding);
    const sample = new TextDecoder(this.encoding).decode(first.subarray(0, SAMPLE));
    this.delimiter = Papa.parse(sample, {
      preview: 50,
      skipEmptyLines: "greedy",
      delimitersToGuess: [",", "\t", ";", "|"],
    }).meta.delimiter;
  }

  get count(): number {
    return this.#counts.at(-1) ?? 0;
  }

  /** Takes the bytes that follow; `last` when none will. */
  take(bytes: Uint8Array, last: boolean): void {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: !last });
    const { starts, end } = rowStarts(text, this.delimiter, last);
    this.#rest = text.slice(end);
    if (starts.length === 0) return;
    this.#texts.push(text.slice(0, end));
    this.#starts.push(Uint32Array.from(starts));
    this.#counts.push(this.count + starts.length);
  }

  /** The cells of a row, from 0. */
  row(index: number): readonly string[] {
    const piece = this.#counts.findIndex((count) => index < count);
    const text = this.#texts[piece];
    const starts = this.#starts[piece];
    if (text === undefined || starts === undefined) return [];
    const at = index - (this.#counts[piece - 1] ?? 0);
    const row = text.slice(starts[at], starts[at + 1] ?? text.length);
    return (Papa.parse<string[]>(row, { delimiter: this.delimiter }).data[0] ?? []).map(String);
  }
}

const QUOTE = '"';

/** Where rows begin in `text`, and where the last whole one ends. Lines with nothing in them are no rows. */
export function rowStarts(text: string, delimiter: string, last: boolean): { starts: number[]; end: number } {
  const starts: number[] = [];
  let at = 0;
  // Looked for once and not in each row: most files have none, and a search to the end for each row takes minutes.
  let quote = nextQuote(text, 0);
  while (at < text.length) {
    if (quote < at) quote = nextQuote(text, at);
    const line = text.indexOf("\n", at);
    const end = line >= 0 && line < quote ? line + 1 : quotedEnd(text, at, quote, delimiter);
    if (end < 0 && !last) break;
    const stop = end < 0 ? text.length : end;
    if (!isBlank(text, at, stop)) starts.push(at);
    at = stop;
  }
  return { starts, end: at };
}

function nextQuote(text: string, from: number): number {
  const found = text.indexOf(QUOTE, from);
  return found < 0 ? Number.POSITIVE_INFINITY : found;
}

/** Whether a line is only its break. */
function isBlank(text: string, from: number, end: number): boolean {
  return end - from <= 2 && text.slice(from, end).trim() === "";
}

/** Behind the break that ends the row at `from`; -1 where none does. Breaks between quotes end nothing. */
function quotedEnd(text: string, from: number, quote: number, delimiter: string): number {
  if (quote === Number.POSITIVE_INFINITY) return -1;
  let at = from;
  for (;;) {
    if (text[at] === QUOTE) {
      at = quoteEnd(text, at + 1);
      if (at < 0) return -1;
    }
    const next = text.indexOf(delimiter, at);
    const stop = text.indexOf("\n", at);
    if (stop < 0 && next < 0) return -1;
    if (stop >= 0 && (next < 0 || stop < next)) return stop + 1;
    at = next + delimiter.length;
  }
}

/** Behind the quote that closes; two together are one that is meant. */
function quoteEnd(text: string, from: number): number {
  let at = text.indexOf(QUOTE, from);
  while (at >= 0 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2);
  return at < 0 ? -1 : at + 1;
}

const WIDEST = 40;
const SHOWN = 100;

/** Widths of the columns in characters, after the first rows and the last. */
export function widths(rows: Rows): number[] {
  const found: number[] = [];
  const learn = (index: number) =>
    rows.row(index).forEach((cell, column) => {
      found[column] = Math.min(WIDEST, Math.max(found[column] ?? 4, cell.length + 2));
    });
  for (let index = 0; index < Math.min(rows.count, SHOWN); index++) learn(index);
  for (let index = Math.max(SHOWN, rows.count - SHOWN); index < rows.count; index++) learn(index);
  return found;
}
