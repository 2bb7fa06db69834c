// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is looked for
// What a line looks like in a terminal: colours and styles, and a progress bar that was drawn over and over as it is at last.
//
// Everything else that a terminal can be told (to move, to clear, to rename itself, to link) is left out: a log is text.

export interface Style {
  /** 0 to 15 of the palette, or a CSS colour that we made of numbers. */
  colour?: number | string;
  ground?: number | string;
  bold?: boolean;
  faint?: boolean;
  italic?: boolean;
  underline?: boolean;
  struck?: boolean;
  reversed?: boolean;
}

export interface Run {
  text: string;
  style: Style | undefined;
}

/** Characters of a line that is drawn over of which the end is looked at: hours of a progress bar are one line. */
const REDRAWN_MAX = 32_000;
const COLUMNS_MAX = 4_000;
const ESC = "\u001b";
const SEQUENCE =
  /(?:\u001b\[|\u009b)([0-?]*)[ -/]*([@-~])|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]+[0-~]|\u001b[0-Z\\^-~]/g;

/** A line's text as runs of one style each. A sequence that does not end stays as it is, for all to see. */
export function runs(text: string): Run[] {
  if (!/[\u0008\r\u001b\u0080-\u009f]/.test(text)) return text ? [{ text, style: undefined }] : [];
  const body = text.endsWith("\r") ? text.slice(0, -1) : text;
  return /[\r\u0008]/.test(body) ? redrawn(body.slice(-REDRAWN_MAX)) : styled(body);
}

function styled(text: string): Run[] {
  const found: Run[] = [];
  let style: Style | undefined;
  let from = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    add(found, text.slice(from, match.index), style);
    from = match.index + match[0].length;
    if (match[2] === "m") style = changed(style, match[1] ?? "");
  }
  add(found, text.slice(from), style);
  return found;
}

function add(found: Run[], text: string, style: Style | undefined): void {
  const last = found.at(-1);
  if (text && last && last.style === style) last.text += text;
  else if (text) found.push({ text, style });
}

interface Cell {
  text: string;
  style: Style | undefined;
}

/** A line that goes back and is written over, cell by cell. */
function redrawn(text: string): Run[] {
  const cells: Cell[] = [];
  let column = 0;
  let style: Style | undefined;
  const put = (plain: string) => {
    for (const character of plain) {
      if (character === "\r") column = 0;
      else if (character === "\b") column = Math.max(0, column - 1);
      else if (column < COLUMNS_MAX) cells[column++] = { text: character, style };
    }
  };
  let from = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    put(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") style = changed(style, match[1] ?? "");
    else if (match[2] === "K") erase(cells, column, match[1] ?? "");
  }
  put(text.slice(from));
  const found: Run[] = [];
  // Where the cursor was moved past the end there are no cells.
  for (let at = 0; at < cells.length; at++) add(found, cells[at]?.text ?? " ", cells[at]?.style);
  return found;
}

function erase(cells: Cell[], column: number, how: string): void {
  if (how === "2") cells.length = 0;
  else if (how === "1")
    for (let at = 0; at <= Math.min(column, cells.length - 1); at++) cells[at] = { text: " ", style: undefined };
  else cells.length = Math.min(cells.length, column);
}

const FLAGS: Record<number, Partial<Style>> = {
  1: { bold: true },
  2: { faint: true },
  3: { italic: true },
  4: { underline: true },
  7: { reversed: true },
  9: { struck: true },
};
const ENDS: Record<number, (keyof Style)[]> = {
  22: ["bold", "faint"],
  23: ["italic"],
  24: ["underline"],
  27: ["reversed"],
  29: ["struck"],
  39: ["colour"],
  49: ["ground"],
};

/** The style after "select graphic rendition"; what is not known changes nothing. */
function changed(before: Style | undefined, parameters: string): Style | undefined {
  // `4:3` and `38:2::r:g:b` are other ways to write the same, but that an underline may be curly.
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number.parseInt(code, 10)));
  let style: Style = { ...before };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] as number;
    if (code === 0) style = {};
    else if (FLAGS[code]) Object.assign(style, FLAGS[code]);
    else if (ENDS[code]) for (const key of ENDS[code]) delete style[key];
    else if (code === 38 || code === 48) {
      const [colour, used] = extended(codes, at + 1);
      if (colour !== undefined) style[code === 38 ? "colour" : "ground"] = colour;
      at += used;
    } else {
      const plain = palette(code);
      if (plain) Object.assign(style, plain);
    }
  }
  return Object.keys(style).length ? style : undefined;
}

function palette(code: number): Partial<Style> | undefined {
  if (code >= 30 && code <= 37) return { colour: code - 30 };
  if (code >= 90 && code <= 97) return { colour: code - 82 };
  if (code >= 40 && code <= 47) return { ground: code - 40 };
  if (code >= 100 && code <= 107) return { ground: code - 92 };
  return undefined;
}

/** `5;N` of 256 colours or `2;R;G;B`, and how many numbers that took. */
function extended(codes: readonly number[], at: number): [number | string | undefined, number] {
  const byte = (place: number) => Math.min(255, Math.max(0, codes[place] || 0));
  if (codes[at] === 5) return [of256(byte(at + 1)), 2];
  if (codes[at] === 2) return [`rgb(${byte(at + 1)} ${byte(at + 2)} ${byte(at + 3)})`, 4];
  return [undefined, 0];
}

function of256(code: number): number | string {
  if (code < 16) return code;
  if (code >= 232) {
    const grey = 8 + (code - 232) * 10;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = code - 16;
  return `rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`;
}

/** What is to be seen of a line, without styles; `ESC` is a character like others. */
export const plain = (text: string): string =>
  runs(text)
    .map((run) => run.text)
    .join("")
    .replaceAll(ESC, "␛");
