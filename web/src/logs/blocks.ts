// The blocks of a log that are held: a bounded number of them, those that were looked at last and the one that grows.
import { BLOCK, Block } from "./block.ts";

/** Bytes of blocks that are held, about: many screens, few megabytes. */
const HELD = 12 << 20;
const NONE = new Uint8Array(0);

export interface Piece {
  /** Where `data` begins in the log. */
  offset: number;
  data: Uint8Array;
  /** Bytes written so far. */
  size: number;
  continued: readonly string[];
}

export const blockOf = (byte: number): number => Math.floor(Math.max(0, byte) / BLOCK);

export class Blocks {
  /** Bytes written so far, as far as is known. */
  size = 0;
  /** Up to where lines are known to be whole, by following. */
  #grown: Block | undefined;
  readonly #held = new Map<number, Block>();
  readonly #limit: number;
  #bytes = 0;
  #lines = 0;

  constructor(limit = HELD) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#held.size;
  }

  /** How long a line is, about; of what was seen so far. */
  get lineLength(): number {
    return this.#lines > 0 ? Math.max(1, this.#bytes / this.#lines) : 100;
  }

  /** The last block of the log. */
  get last(): number {
    const grown = this.#grown;
    return grown && grown.end >= this.size ? grown.index : blockOf(this.size - 1);
  }

  /** The block in which what is followed ends; more may have been written than came here yet. */
  get tail(): number {
    return this.#grown?.index ?? this.last;
  }

  /** Where following goes on. */
  get grown(): number {
    return this.#grown?.end ?? 0;
  }

  get(index: number): Block | undefined {
    return this.#held.get(index);
  }

  /** Looks at a block: it is held longer than others. */
  touch(index: number): Block | undefined {
    const block = this.#held.get(index);
    if (block) {
      this.#held.delete(index);
      this.#held.set(index, block);
    }
    return block;
  }

  /** Takes the block `index` as it was read. One that grows is not replaced by an older reading of it. */
  put(index: number, piece: Piece): Block {
    this.size = Math.max(this.size, piece.size);
    const known = this.#held.get(index);
    if (known && (known === this.#grown || known.end >= piece.offset + piece.data.length) && known.end > piece.offset) {
      return known;
    }
    const block = new Block(index, piece.offset, piece.continued);
    block.append(piece.data);
    block.seen = piece.size;
    this.#hold(block);
    this.#measure(piece.data.length, block.at.length);
    return block;
  }

  /** From here on the log is followed: `grow` adds to this block. */
  follow(block: Block): void {
    this.#grown?.lay(NONE);
    this.#grown = block;
    this.#held.set(block.index, block);
  }

  /** Whether more may have come to a block than it has. */
  isBehind(block: Block): boolean {
    return !block.full && block !== this.#grown && block.seen < this.size;
  }

  /** Whether what begins at `offset` follows on what is followed. */
  goesOn(offset: number): boolean {
    return this.#grown?.end === offset;
  }

  /** Adds what was followed, and shows what is not ended behind it; answers how many rows came to stay. */
  grow(data: Uint8Array, unfinished: Uint8Array = NONE): number {
    let block = this.#grown;
    if (!block) return 0;
    block.lay(NONE);
    let rest = data;
    let rows = 0;
    while (rest.length > 0) {
      const before: number = block.at.length;
      const took: number = block.append(rest);
      rows += block.at.length - before;
      rest = rest.subarray(took);
      if (rest.length > 0) block = this.#next(block);
    }
    block.lay(unfinished);
    this.size = Math.max(this.size, block.end);
    this.#measure(data.length, rows);
    return rows;
  }

  /** What of the row that begins at `at` is known: where it is. */
  find(at: number): { block: Block; row: number } | undefined {
    const block = this.#held.get(blockOf(at));
    if (!block) return undefined;
    const row = block.at.indexOf(at);
    return row < 0 ? undefined : { block, row };
  }

  /**
   * A row's text, its first `most` bytes or its last ones; of one that goes on in other blocks as much as they say who are
   * held. `whole` tells whether the line's end is known.
   */
  text(
    block: Block,
    row: number,
    most: number,
    last = false,
  ): { bytes: Uint8Array<ArrayBuffer>; length: number; whole: boolean } {
    const own = block.text(row, most, last);
    const length = block.length(row);
    if (!block.isOpen(row)) return { bytes: own, length, whole: true };
    const more: Uint8Array[] = [];
    let [beyond, whole] = [0, false];
    for (let index = block.index + 1; !whole; index++) {
      const next = this.#held.get(index);
      if (!next) break;
      const { pieces, ends } = next.lead(block.stream[row] as number);
      more.push(...pieces);
      beyond += pieces.reduce((sum, piece) => sum + piece.length, 0);
      whole = ends;
      if (!ends && next === this.#grown) break;
    }
    const joined = joinedUp([own, ...more]);
    const bytes = last ? joined.subarray(Math.max(0, joined.length - most)) : joined.subarray(0, most);
    return { bytes, length: length + beyond, whole };
  }

  #next(block: Block): Block {
    const next = new Block(blockOf(block.end), block.end, block.continues);
    this.#grown = next;
    this.#hold(next);
    return next;
  }

  #hold(block: Block): void {
    this.#held.delete(block.index);
    this.#held.set(block.index, block);
    let weight = 0;
    for (const one of this.#held.values()) weight += one.weight;
    for (const [index, one] of this.#held) {
      if (weight <= this.#limit || this.#held.size <= 4) break;
      if (one === this.#grown || one === block) continue;
      weight -= one.weight;
      this.#held.delete(index);
    }
  }

  #measure(bytes: number, lines: number): void {
    // A running mean, so that it follows a log that changes its ways.
    if (this.#bytes > 4 << 20) {
      this.#bytes /= 2;
      this.#lines /= 2;
    }
    this.#bytes += bytes;
    this.#lines += lines;
  }
}

function joinedUp(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    all.set(part, filled);
    filled += part.length;
  }
  return all;
}
