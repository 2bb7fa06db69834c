// Bytes as text that somebody may look at: in which encoding they seem to be, line by line, with nothing hidden. Pure.

export interface Decoded {
  text: string;
  encoding: string;
}

/** `bytes` are a file's first ones, and may end within a character. */
export function guessEncoding(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

/** The longest part of a line that is shown, in characters: a browser is slow to draw more. */
export const LINE_MAX = 4000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A line with its control characters made visible; tabs are kept. */
export function visible(line: string): string {
  const cut = line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)} … ${line.length - LINE_MAX} more characters` : line;
  // By their numbers, and not by the pictures that Unicode has of some: many fonts have none of those.
  return cut.replace(HIDDEN, (one) => `⟨U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const COLOURS = /\u001b\[[0-9;:]*m/g;

/** A line without what colours it in a terminal; whatever else a terminal is told stays to be seen. */
export const uncoloured = (line: string): string => line.replace(COLOURS, "");

/** Lines of a text that comes in pieces; what stands behind the last break is told as a line, too. */
export class Lines {
  readonly #decoder: TextDecoder;
  readonly encoding: string;
  #lines: string[] = [];
  #rest = "";

  constructor(encoding: string) {
    this.encoding = encoding;
    this.#decoder = new TextDecoder(encoding);
  }

  /** Takes the bytes that follow; `last` when none will. */
  take(bytes: Uint8Array, last: boolean): void {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: !last });
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#lines.push(line);
  }

  /** All lines so far. */
  all(): readonly string[] {
    return this.#rest ? [...this.#lines, this.#rest.replace(/\r$/, "")] : this.#lines;
  }
}
