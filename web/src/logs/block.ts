// A piece of a log: the lines that begin in one range of bytes, as rows. Lines stay bytes until somebody looks at them.
//
// A log is divided into ranges of BLOCK bytes. Each line belongs to the one that it begins in, so blocks can be had in any order
// and never share a line. A row is one line as its process wrote it: what CRI splits (tag P) is joined again. But one that is
// drawn over, as a progress bar is, goes on in a row of its own below what was written meanwhile, as it would in a terminal, and in
// each block that it goes through: as it stood there.

import { isIn, STDERR, STDOUT, STREAMS, type Stream, spaceIn, streamAt, WINSLOW } from "./heads.ts";

/** Bytes of a range. */
export const BLOCK = 64 * 1024;

export { STDERR, STDOUT, STREAMS, type Stream, WINSLOW } from "./heads.ts";

/** Which streams are shown, a bit each: `1 << STDOUT | 1 << STDERR`. */
export type Shown = number;
export const ALL_SHOWN: Shown = 0b111;

const [NEWLINE, RETURN, SPACE] = [0x0a, 0x0d, 0x20];
const PARTIAL = 0x50; // "P"
/** Bytes of a line in which its head must end: hostile lines have none. */
const HEAD_MAX = 64;

export class Block {
  readonly index: number;
  /** Up to which byte of the log lines are known here; where the next one begins. */
  end: number;
  /** Bytes of the whole log when this was read. */
  seen = 0;
  /** Rows of it: the byte in the log at which each begins. */
  readonly at: number[] = [];
  readonly stream: number[] = [];
  #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;
  readonly #begin: number;
  /** Where in `bytes` each row's time ends, its text begins and its first piece ends. */
  readonly #time: number[] = [];
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  /** Further pieces of a row, as pairs of places. */
  readonly #pieces = new Map<number, number[]>();
  /** The row that goes on, of each stream; -1: none, -2: one that began before this block. */
  readonly #open = [-1, -1, -1];
  /** Pieces of lines that began before this block, of each stream, as pairs of places. */
  readonly #lead: [number[], number[], number[]] = [[], [], []];
  #shown: { which: Shown; rows: number[]; count: number } | undefined;
  /** What was there before lines that are not ended were laid behind it. */
  #before: Before | undefined;

  /** `begin` is the byte at which its first line begins; `continued` the streams that are within a line there. */
  constructor(index: number, begin: number, continued: readonly string[] = []) {
    this.index = index;
    this.#begin = begin;
    this.end = begin;
    this.#bytes = new Uint8Array(4096);
    for (const stream of [STDOUT, STDERR] as number[]) {
      if (continued.includes(STREAMS[stream] as Stream)) this.#open[stream] = -2;
    }
  }

  /** Bytes that it takes. */
  get weight(): number {
    return this.#bytes.length + this.at.length * 48;
  }

  /** Whether no further line can begin in its range. */
  get full(): boolean {
    return this.end >= (this.index + 1) * BLOCK;
  }

  /** The streams that are within a line at its end. */
  get continues(): Stream[] {
    return STREAMS.filter((_, stream) => this.#open[stream] !== -1);
  }

  /**
   * Takes lines that follow on what it has. Answers how many bytes of `data` are of lines that begin in its range, which it
   * took; a line without its end is taken too, since no more of it comes where it has none.
   */
  append(data: Uint8Array): number {
    this.#lift();
    const stop = (this.index + 1) * BLOCK - this.end;
    let from = 0;
    while (from < data.length && from < stop) {
      const newline = data.indexOf(NEWLINE, from);
      from = newline < 0 ? data.length : newline + 1;
    }
    if (from === 0) return 0;
    const begins = this.#used;
    this.#store(data.subarray(0, from));
    this.#index(begins);
    this.end += from;
    this.#shown = undefined;
    return from;
  }

  /**
   * Shows lines that are not ended behind what it has, in place of those that were shown there: CRI lines that are in no log
   * yet. They are gone again with whatever comes next.
   */
  lay(unfinished: Uint8Array): void {
    this.#lift();
    if (unfinished.length === 0) return;
    this.#before = {
      used: this.#used,
      rows: this.at.length,
      open: [...this.#open],
      lead: this.#lead.map((places) => places.length),
      pieces: new Map(this.#open.filter((row) => row >= 0).map((row) => [row, this.#pieces.get(row)?.length ?? 0])),
    };
    const begins = this.#used;
    this.#store(unfinished);
    this.#index(begins);
    this.#shown = undefined;
  }

  /** Whether more may be said in a row, which changes without a trace meanwhile. */
  isUnderway(row: number): boolean {
    const before = this.#before;
    if (!before) return false;
    return (
      row >= before.rows || (this.#pieces.get(row)?.length ?? 0) > (before.pieces.get(row) ?? Number.POSITIVE_INFINITY)
    );
  }

  /** Whether the line or the piece that begins at byte `at` of the log is of this row. */
  holds(row: number, at: number): boolean {
    if (this.at[row] === at) return true;
    const place = at - this.#begin;
    const pieces = this.#pieces.get(row) ?? [];
    return pieces.some((from, end) => end % 2 === 0 && this.#bytes.lastIndexOf(NEWLINE, from - 1) + 1 === place);
  }

  /** The rows of the streams that are shown, by number. */
  rows(which: Shown): readonly number[] {
    const known = this.#shown;
    if (known?.which === which && known.count === this.at.length) return known.rows;
    const rows: number[] = [];
    for (let row = 0; row < this.at.length; row++) {
      if (which & (1 << (this.stream[row] as number))) rows.push(row);
    }
    this.#shown = { which, rows, count: this.at.length };
    return rows;
  }

  /** When a row was written, as it says; "" where it does not. */
  time(row: number): string {
    const start = (this.at[row] as number) - this.#begin;
    const end = this.#time[row] as number;
    return String.fromCharCode(...this.#bytes.subarray(start, end));
  }

  /** Bytes of a row's text that are known here. */
  length(row: number): number {
    let length = (this.#to[row] as number) - (this.#from[row] as number);
    const pieces = this.#pieces.get(row) ?? [];
    for (let place = 0; place < pieces.length; place += 2) {
      length += (pieces[place + 1] as number) - (pieces[place] as number);
    }
    return length;
  }

  /** Whether a row goes on in a block behind this one. */
  isOpen(row: number): boolean {
    return this.#open[this.stream[row] as number] === row;
  }

  /** What is here of the line of a stream that began before this block, and whether it ends here. */
  lead(stream: number): { pieces: Uint8Array[]; ends: boolean } {
    const places = [...pairs(this.#lead[stream as 0 | 1 | 2])];
    return {
      pieces: places.map(([from, to]) => this.#bytes.subarray(from, to)),
      ends: this.#open[stream] !== -2,
    };
  }

  /** The first `most` bytes of a row's text, or the last ones where `last`. */
  text(row: number, most: number, last = false): Uint8Array<ArrayBuffer> {
    const pieces = this.#pieces.get(row);
    const [from, to] = [this.#from[row] as number, this.#to[row] as number];
    if (!pieces) {
      return last
        ? this.#bytes.subarray(Math.max(from, to - most), to)
        : this.#bytes.subarray(from, Math.min(to, from + most));
    }
    const all = new Uint8Array(this.length(row));
    let filled = 0;
    for (const [start, end] of [[from, to], ...pairs(pieces)] as [number, number][]) {
      all.set(this.#bytes.subarray(start, end), filled);
      filled += end - start;
    }
    return last ? all.subarray(Math.max(0, all.length - most)) : all.subarray(0, most);
  }

  #lift(): void {
    const before = this.#before;
    if (!before) return;
    this.#before = undefined;
    this.#shown = undefined;
    this.#used = before.used;
    for (const rows of [this.at, this.stream, this.#time, this.#from, this.#to]) rows.length = before.rows;
    before.open.forEach((row, stream) => {
      this.#open[stream] = row;
      const lead = this.#lead[stream as 0 | 1 | 2];
      lead.length = before.lead[stream] as number;
    });
    for (const [row, count] of before.pieces) {
      const pieces = this.#pieces.get(row);
      if (count === 0) this.#pieces.delete(row);
      else if (pieces) pieces.length = count;
    }
    for (const row of this.#pieces.keys()) if (row >= before.rows) this.#pieces.delete(row);
  }

  #store(data: Uint8Array): void {
    const needed = this.#used + data.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#bytes.set(data, this.#used);
    this.#used = needed;
  }

  #index(from: number): void {
    let start = from;
    while (start < this.#used) {
      const newline = this.#bytes.indexOf(NEWLINE, start);
      const end = newline < 0 || newline >= this.#used ? this.#used : newline;
      this.#line(start, end);
      start = end + 1;
    }
  }

  /** One line, `TIME STREAM TAG TEXT`; what is none is a line of Winslow's own stream, as it is. */
  #line(start: number, end: number): void {
    const bytes = this.#bytes;
    const limit = Math.min(end, start + HEAD_MAX);
    const time = spaceIn(bytes, start, limit);
    const named = time < 0 ? -1 : spaceIn(bytes, time + 1, limit);
    const stream = named < 0 ? -1 : streamAt(bytes, time + 1, named);
    const tag = named + 1;
    if (stream < 0 || bytes[tag + 1] !== SPACE || tag + 2 > end || (bytes[tag] !== PARTIAL && bytes[tag] !== 0x46)) {
      this.#row(start, WINSLOW as number, start, start, end);
      return;
    }
    const open = this.#open[stream] as number;
    const goesOn = bytes[tag] === PARTIAL;
    const anew = open === -1 || (open === -2 ? isIn(bytes, RETURN, tag + 2, end) : this.#isLeft(open));
    if (anew) this.#row(start, stream, time, tag + 2, end);
    else if (open >= 0) this.#join(open, tag + 2, end);
    else this.#lead[stream as 0 | 1 | 2].push(tag + 2, end);
    if (!goesOn) this.#open[stream] = -1;
    else if (anew) this.#open[stream] = this.at.length - 1;
  }

  /** Whether the line of a row was drawn over there, and others came behind it. */
  #isLeft(row: number): boolean {
    const end = this.#pieces.get(row)?.at(-1) ?? (this.#to[row] as number);
    return row < this.at.length - 1 && this.#bytes[end - 1] === RETURN;
  }

  #row(start: number, stream: number, time: number, from: number, to: number): void {
    this.at.push(this.#begin + start);
    this.stream.push(stream);
    this.#time.push(time);
    this.#from.push(from);
    this.#to.push(to);
  }

  #join(row: number, from: number, to: number): void {
    const pieces = this.#pieces.get(row);
    if (pieces) pieces.push(from, to);
    else this.#pieces.set(row, [from, to]);
  }
}

interface Before {
  used: number;
  rows: number;
  open: number[];
  lead: number[];
  /** Of rows that go on, how many places of pieces they had. */
  pieces: Map<number, number>;
}

function* pairs(places: readonly number[]): Generator<[number, number]> {
  for (let place = 0; place < places.length; place += 2) yield [places[place] as number, places[place + 1] as number];
}
