// A large JSON text that is taken apart where somebody unfolds it: looked through once, and read where it is looked at. A tree of
// 70 MB made at once would hold the page for seconds, and take ten times its size. Pure.
import { Exact, parsed } from "./exact.ts";

/** Characters of a value that is read at once. */
const SMALL = 2 ** 18;
const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [SQUARE, SQUARED, CURLY, CURLED] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Entries of which one place is kept: to keep that of each would take more than the text, of which there may be 256 MB. */
const PAGE = 100;

interface Place {
  /** Of a list's entries none. */
  name: string | undefined;
  start: number;
  end: number;
}

const NOWHERE: Place = { name: undefined, start: 0, end: 0 };

/** A list or an object whose text begins at `start`, which nobody has unfolded. */
export class Unread {
  readonly kind: "list" | "object";
  readonly #text: string;
  readonly #start: number;
  #counted: { count: number; pages: number[] } | undefined;
  /** The entries that were looked at last. */
  #held: { page: number; places: readonly Place[] } | undefined;

  constructor(text: string, start: number) {
    this.kind = text.charCodeAt(start) === SQUARE ? "list" : "object";
    this.#text = text;
    this.#start = start;
  }

  get count(): number {
    return this.#all().count;
  }

  /** By its place, from 0. */
  entry(index: number): readonly [string, unknown] {
    const page = Math.floor(index / PAGE);
    if (this.#held?.page !== page) this.#held = { page, places: this.#read(page) };
    const { name = String(index), start, end } = this.#held.places[index % PAGE] ?? NOWHERE;
    return [name, readable(this.#text, start, end)];
  }

  /** How many there are, and where each page of them begins. What goes wrong is an entry, the last one. */
  #all() {
    if (this.#counted) return this.#counted;
    const walk = new Walk(this.#text, this.kind, this.#start + 1, true);
    const pages: number[] = [];
    let count = 0;
    try {
      for (let more = true; more; ) {
        if (count % PAGE === 0) pages.push(walk.end);
        more = walk.step();
        if (more) count++;
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      count++;
    }
    this.#counted = { count, pages };
    return this.#counted;
  }

  #read(page: number): Place[] {
    const walk = new Walk(this.#text, this.kind, this.#all().pages[page] ?? this.#start + 1, page === 0);
    const places: Place[] = [];
    try {
      while (places.length < PAGE && walk.step()) places.push({ name: walk.name, start: walk.start, end: walk.end });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      places.push({ name: error.message, start: walk.end, end: Math.min(this.#text.length, walk.end + RAW) });
    }
    return places;
  }
}

/** Characters of a text that is read as a whole. */
const WHOLE = 2 ** 21;

/** A text as a value to unfold, a short one read as a whole. Throws SyntaxError for what is no JSON. */
export function unfoldable(text: string): unknown {
  return text.length > WHOLE ? unread(text) : valueAt(text, gap(text, 0), text.length, WHOLE);
}

/** The same, read where it is unfolded: what is wrong deep within is found there. */
export function unread(text: string): unknown {
  const start = gap(text, 0);
  const end = valueEnd(text, start);
  if (gap(text, end) < text.length) throw new SyntaxError(`something follows its end at character ${end + 1}`);
  return valueAt(text, start, end);
}

function valueAt(text: string, start: number, end: number, small = SMALL): unknown {
  const first = text.charCodeAt(start);
  const opens = first === SQUARE || first === CURLY;
  if (opens && end - start > small) return new Unread(text, start);
  try {
    return parsed(text.slice(start, end));
  } catch (error) {
    // Browsers read no more than some thousand lists within each other at once.
    if (opens && error instanceof RangeError) return new Unread(text, start);
    throw error;
  }
}

/** Characters that are shown of what cannot be read. */
const RAW = 200;

/** As it is written where it is no JSON. */
function readable(text: string, start: number, end: number): unknown {
  try {
    return valueAt(text, start, end);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return new Exact(text.slice(start, Math.min(end, start + RAW)));
  }
}

function plainly(name: string): unknown {
  try {
    return JSON.parse(name);
  } catch {
    return name.slice(0, RAW);
  }
}

/** Goes from entry to entry of a list or an object. */
class Walk {
  /** Where the value of the entry that it is at begins. */
  start = 0;
  /** Behind that value. */
  end: number;
  readonly #text: string;
  readonly #closing: number;
  readonly #named: boolean;
  #first: boolean;
  #naming: [number, number] = [0, 0];

  /** `from` is behind what opens it, where `first`, or behind the value of the entry before. */
  constructor(text: string, kind: Unread["kind"], from: number, first: boolean) {
    this.#text = text;
    this.#named = kind === "object";
    this.#closing = this.#named ? CURLED : SQUARED;
    this.#first = first;
    this.end = from;
  }

  /** What the entry is called; as it is written where that is no JSON. */
  get name(): string | undefined {
    return this.#named ? String(plainly(this.#text.slice(...this.#naming))) : undefined;
  }

  /** To the next entry; false where there is none. Throws SyntaxError where it goes wrong, and is where it was. */
  step(): boolean {
    const text = this.#text;
    let at = gap(text, this.end);
    if (text.charCodeAt(at) === this.#closing) return false;
    if (!this.#first) {
      if (text.charCodeAt(at) !== COMMA) throw wrong(at);
      at = gap(text, at + 1);
    }
    if (this.#named) at = this.#pastName(at);
    const end = valueEnd(text, at);
    this.start = at;
    this.end = end;
    this.#first = false;
    return true;
  }

  #pastName(at: number): number {
    const end = textEnd(this.#text, at);
    this.#naming = [at, end];
    const colon = gap(this.#text, end);
    if (this.#text.charCodeAt(colon) !== COLON) throw wrong(colon);
    return gap(this.#text, colon + 1);
  }
}

/** Behind the value that begins at `at`. */
function valueEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return textEnd(text, at);
  if (first !== SQUARE && first !== CURLY) return plainEnd(text, at);
  let depth = 0;
  for (let next = at; next < text.length; next++) {
    const one = text.charCodeAt(next);
    if (one === QUOTE) next = textEnd(text, next) - 1;
    else if (one === SQUARE || one === CURLY) depth++;
    else if ((one === SQUARED || one === CURLED) && --depth === 0) return next + 1;
  }
  throw new SyntaxError("it ends in the middle");
}

/** Behind the quote that closes the one at `at`. */
function textEnd(text: string, at: number): number {
  if (text.charCodeAt(at) !== QUOTE) throw wrong(at);
  for (let next = at + 1; next < text.length; next++) {
    const one = text.charCodeAt(next);
    if (one === BACKSLASH) next++;
    else if (one === QUOTE) return next + 1;
  }
  throw new SyntaxError("it ends in the middle of a text");
}

/** Behind a number or a word. */
function plainEnd(text: string, at: number): number {
  let next = at;
  while (next < text.length && !ends(text.charCodeAt(next))) next++;
  if (next === at) throw wrong(at);
  return next;
}

const ends = (one: number) =>
  one <= 0x20 ||
  one === COMMA ||
  one === SQUARED ||
  one === CURLED ||
  one === COLON ||
  one === QUOTE ||
  one === SQUARE ||
  one === CURLY;

/** Where blanks from `at` on end. */
function gap(text: string, at: number): number {
  let next = at;
  for (; next < text.length; next++) {
    const one = text.charCodeAt(next);
    if (one !== 0x20 && one !== 0x0a && one !== 0x0d && one !== 0x09) break;
  }
  return next;
}

const wrong = (at: number) => new SyntaxError(`it goes wrong at character ${at + 1}`);
