// Where in a pipeline file the cursor is: told by indentation, line by line, since what is half written is no YAML yet.
import type { Path } from "./schema.ts";

export interface Place {
  /** Of the mapping or list that the cursor is in, or of the value that is being written. */
  path: Path;
  /** `key`: a key of the mapping at `path`, or an entry of the list there. `value`: the value at `path`. */
  kind: "key" | "value";
  /** What is written of it so far, and where it begins in the text. */
  written: string;
  from: number;
  /** Keys that the mapping has already. */
  taken: readonly string[];
  /** Columns before a key of the mapping. */
  indent: number;
  /** The cursor is in brackets on one line: what is put there has no lines of its own. */
  flow: boolean;
}

interface Line {
  /** Columns before its key or text, its dashes among them. */
  indent: number;
  dashes: readonly number[];
  /** Undefined where it is no `key:`. */
  key: string | undefined;
  /** What comes after `key:`, or all of it. */
  rest: string;
}

/** A key or an entry of a list that lines further down may belong to. */
interface Frame {
  column: number;
  part: string | number;
  keys: string[];
}

const KEY = /^(?:([A-Za-z0-9_-]+)|"([^"]*)"|'([^']*)')\s*:(?=\s|$)\s*(.*)$/;
const BLOCK = /^[|>][+-]?\d?$/;
const OPAQUE = /^["'|>&*!]/;

/** Undefined inside of comments and of texts in which nothing can be proposed. */
export function placeAt(text: string, offset: number): Place | undefined {
  const above = text.slice(0, offset).split("\n");
  const current = above.pop() ?? "";
  const reading = new Reading();
  for (const raw of above) reading.take(raw);
  if (/(^|\s)#/.test(current) || reading.inText(current)) return undefined;
  const line = read(current);
  const parent = reading.reach(line);
  const path = reading.path();
  if (line.key !== undefined) return within([...path, line.key], line.rest, offset, line.indent);
  if (/^[[{]/.test(line.rest)) return within(path, line.rest, offset, line.indent);
  if (OPAQUE.test(line.rest)) return undefined;
  for (const raw of text.slice(offset).split("\n").slice(1)) {
    reading.take(raw);
    if (!reading.has(parent)) break;
  }
  const { rest: written, indent } = line;
  return { path, kind: "key", written, from: offset - written.length, taken: parent.keys, indent, flow: false };
}

/** The key that is at `offset`, with its path; undefined where there is none. */
export function keyAt(text: string, offset: number): { path: Path; from: number; to: number } | undefined {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", offset);
  const raw = text.slice(start, end < 0 ? undefined : end);
  const line = read(raw);
  const from = start + line.indent;
  if (line.key === undefined || offset < from || offset > from + line.key.length) return undefined;
  const reading = new Reading();
  for (const one of text.slice(0, start).split("\n").slice(0, -1)) reading.take(one);
  if (reading.inText(raw)) return undefined;
  reading.reach(line);
  return { path: [...reading.path(), line.key], from, to: from + line.key.length };
}

/** What is open after the lines that were taken. */
class Reading {
  readonly #root: Frame = { column: -1, part: "", keys: [] };
  #open: Frame[] = [this.#root];
  /** Columns of the key whose text goes on over several lines. */
  #text: number | undefined;

  take(raw: string): void {
    if (!raw.trim() || this.inText(raw)) return;
    this.#text = undefined;
    const line = read(raw);
    if (line.key === undefined && !line.dashes.length) return;
    const parent = this.reach(line);
    if (line.key === undefined) return;
    parent.keys.push(line.key);
    this.#open.push({ column: line.indent, part: line.key, keys: [] });
    if (BLOCK.test(line.rest)) this.#text = line.indent;
  }

  /** Whether a line belongs to a text that was begun with `|` or `>`. */
  inText(raw: string): boolean {
    const column = raw.length - raw.trimStart().length;
    return this.#text !== undefined && column > this.#text;
  }

  /** Closes what `line` is not part of, and opens its dashes; answers what its own key or entry stands in. */
  reach(line: Line): Frame {
    for (const column of line.dashes) {
      // A dash may stand as far left as the key that its list belongs to.
      this.#close((frame) => frame.column > column || (frame.column === column && typeof frame.part === "number"));
      this.#open.push({ column, part: 0, keys: [] });
    }
    this.#close((frame) => frame.column >= line.indent);
    return this.#open.at(-1) ?? this.#root;
  }

  path(): Path {
    return this.#open.slice(1).map((frame) => frame.part);
  }

  has(frame: Frame): boolean {
    return this.#open.includes(frame);
  }

  #close(over: (frame: Frame) => boolean): void {
    const kept = this.#open.findLastIndex((frame) => !over(frame));
    this.#open.length = Math.max(1, kept + 1);
  }
}

function read(raw: string): Line {
  let rest = raw.replace(/(^|\s)#.*$/, "");
  const dashes: number[] = [];
  let indent = rest.length - rest.trimStart().length;
  rest = rest.slice(indent);
  for (let dash = /^-(\s+|$)/.exec(rest); dash; dash = /^-(\s+|$)/.exec(rest)) {
    dashes.push(indent);
    indent += dash[0].length;
    rest = rest.slice(dash[0].length);
  }
  const [, plain, double, single, value] = KEY.exec(rest) ?? [];
  const key = plain ?? double ?? single;
  return { indent, dashes, key, rest: key === undefined ? rest : (value ?? "") };
}

/** In a value: that of a key, or in brackets on its line. */
function within(path: Path, value: string, offset: number, indent: number): Place | undefined {
  const place = (over: Path, kind: Place["kind"], written: string, flow: boolean, taken: string[] = []): Place => {
    return { path: over, kind, written, from: offset - written.length, taken, indent, flow };
  };
  const open = lastOpen(value);
  if (open < 0) return OPAQUE.test(value) ? undefined : place(path, "value", value, false);
  const inside = value.slice(open + 1);
  const last = inside.slice(inside.lastIndexOf(",") + 1).trimStart();
  if (value[open] === "[") return place([...path, 0], "value", last, true);
  const [, key, written] = /^([A-Za-z0-9_-]+)\s*:\s*(.*)$/.exec(last) ?? [];
  const taken = [...inside.matchAll(/([A-Za-z0-9_-]+)\s*:/g)].flatMap(([, one]) => (one ? [one] : []));
  return key ? place([...path, key], "value", written ?? "", true) : place(path, "key", last, true, taken);
}

/** Where the bracket begins that is not closed; -1 where none is open. */
function lastOpen(value: string): number {
  const open: number[] = [];
  let quote = "";
  for (let index = 0; index < value.length; index++) {
    const letter = value[index] ?? "";
    if (quote) quote = letter === quote ? "" : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if ((letter === "[" || letter === "{") && (open.length || index === 0)) open.push(index);
    else if (letter === "]" || letter === "}") open.pop();
  }
  return open.at(-1) ?? -1;
}
