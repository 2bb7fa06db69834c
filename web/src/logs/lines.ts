// Rows as lines to be shown, made once: a row is looked at many times while it is in sight.
import type { Block } from "./block.ts";
import type { Blocks } from "./blocks.ts";
import { type Line, line } from "./line.ts";

/** Bytes of a line that are shown; the rest is shown when somebody asks. */
export const CUT = 2_000;
/** Of a line that was drawn over, bytes of its end that are looked at. */
const REDRAWN = 32_000;
const RETURN = 0x0d;

interface Made {
  length: number;
  line: Line;
  rest: number;
}

const made = new WeakMap<Block, Map<number, Made>>();

/** The row as a line, and how many of its bytes are left out. */
export function lineOf(blocks: Blocks, block: Block, row: number): Made {
  const known = made.get(block)?.get(row);
  if (known && !block.isOpen(row) && known.length === block.length(row)) return known;
  const head = blocks.text(block, row, CUT);
  if (known && head.whole && known.length === head.length) return known;
  const redrawn = head.length > CUT && isRedrawn(head.bytes);
  const bytes = redrawn ? blocks.text(block, row, REDRAWN, true).bytes : whole(head.bytes, head.length);
  const fresh = {
    length: head.length,
    line: redrawn ? lastDrawn(bytes) : line(bytes),
    rest: redrawn ? 0 : head.length - bytes.length,
  };
  if (!head.whole) return fresh; // it may be another one of the same length as soon as more is said
  let rows = made.get(block);
  if (!rows) {
    rows = new Map();
    made.set(block, rows);
  }
  rows.set(row, fresh);
  return fresh;
}

/** A progress bar is drawn over and over: its line's end is what counts. */
function isRedrawn(bytes: Uint8Array): boolean {
  const at = bytes.indexOf(RETURN);
  return at >= 0 && at < bytes.length - 1;
}

/** Begins with a whole drawing. */
function lastDrawn(bytes: Uint8Array<ArrayBuffer>): Line {
  const from = bytes.length < REDRAWN ? 0 : bytes.indexOf(RETURN) + 1;
  return line(bytes.subarray(from));
}

/** Not cut within a character. */
function whole(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  let end = bytes.length;
  if (end === length) return bytes;
  while (end > 0 && end > bytes.length - 4 && ((bytes[end - 1] as number) & 0xc0) === 0x80) end--;
  const lead = bytes[end - 1] as number;
  return bytes.subarray(0, lead >= 0xc0 ? end - 1 : bytes.length);
}
