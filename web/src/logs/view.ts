// Which rows of a log are in sight, and how that changes: by steps of pixels, by jumps to a byte, by lines that come.
//
// A log may have more lines than a browser can place, so nothing is placed by its number: one row in sight is the anchor, the
// others are laid below and above it from the blocks that are held. What is not held is asked for, and laid once it is there.
import { ALL_SHOWN, BLOCK, type Block, type Shown } from "./block.ts";
import { type Blocks, blockOf } from "./blocks.ts";

export interface RowInSight {
  /** Where its line begins in the log, which also is its name. */
  at: number;
  block: Block;
  row: number;
}

export interface Sight {
  rows: readonly RowInSight[];
  /** Pixels from the top of the window to the first of `rows`; negative where that is above. */
  top: number;
  /** Blocks that are needed and not held, the most urgent one first. */
  missing: readonly number[];
  atStart: boolean;
  atEnd: boolean;
  /** Where in the log the window is: 0 at its start, 1 at its end. */
  fraction: number;
}

/** Rows laid beyond the window, above and below. */
const BEYOND = 12;
/** Blocks that are walked through in one go: a filter may leave few rows in each. */
const WALK = 64;

export class View {
  height = 0;
  rowHeight = 20;
  /** Whether the end is kept in sight while lines come. */
  sticks = true;
  shown: Shown = ALL_SHOWN;
  readonly #blocks: Blocks;
  /** Heights of rows that are not `rowHeight`, where lines are wrapped. */
  readonly #heights = new Map<number, number>();
  #anchor = { at: 0, y: 0 };

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  /** Only these streams are shown from now on. */
  show(shown: Shown): void {
    this.shown = shown;
  }

  /** The line at or behind byte `at` comes to `y` pixels below the top. */
  jump(at: number, y = 0): void {
    this.sticks = false;
    this.#anchor = { at: Math.max(0, Math.min(at, this.#blocks.size)), y };
  }

  /** To the end, and to stay there. */
  end(): void {
    this.sticks = true;
  }

  /** To where the scrollbar is: 0 to 1. */
  jumpTo(fraction: number): void {
    if (fraction >= 1) this.end();
    else this.jump(Math.floor(fraction * Math.max(0, this.#blocks.size - this.#bytesInSight())));
  }

  /** Down by so many pixels, up where negative. Answers whether there was anywhere to go. */
  scroll(pixels: number): boolean {
    const before = this.sight();
    if (pixels < 0 && before.atStart && before.top >= 0) return false;
    if (pixels > 0 && before.atEnd && this.sticks) return false;
    if (pixels < 0) this.sticks = false;
    this.#settle(before);
    this.#anchor = { at: this.#anchor.at, y: this.#anchor.y - pixels };
    const after = this.sight();
    if (pixels > 0 && after.atEnd && this.#bottom(after) <= this.height + 1) this.sticks = true;
    else if (after.rows.length > 0) this.#settle(after);
    else if (Math.abs(this.#anchor.y) > 2 * this.height) this.#guess();
    return true;
  }

  /** How high a row turned out to be; whether that is news. */
  measured(at: number, height: number): boolean {
    if (height === (this.#heights.get(at) ?? this.rowHeight) || height === 0) return false;
    if (this.#heights.size > 5_000) this.#heights.clear();
    this.#heights.set(at, height);
    return true;
  }

  /** Heights are others from now on: of the window, the letters, or because lines are wrapped or not. */
  remeasure(): void {
    this.#heights.clear();
  }

  /** What is in sight now. */
  sight(): Sight {
    return this.sticks ? this.#fromEnd() : this.#fromAnchor();
  }

  #fromEnd(): Sight {
    const missing: number[] = [];
    const last = { index: this.#blocks.tail + 1, place: 0 };
    const { rows, y, atStart } = this.#above(last, this.height, missing);
    const top = atStart && y > 0 ? 0 : y;
    return { rows, top, missing, atStart, atEnd: true, fraction: 1 };
  }

  #fromAnchor(): Sight {
    const missing: number[] = [];
    const { at, y } = this.#anchor;
    const start = blockOf(at);
    const block = this.#held(start, missing);
    const place = block ? firstFrom(block, block.rows(this.shown), at) : 0;
    if (!block) {
      const rows: RowInSight[] = [];
      const fraction = at / Math.max(1, this.#blocks.size);
      return { rows, top: 0, missing: [start, ...this.#beside(start)], atStart: false, atEnd: false, fraction };
    }
    const below = this.#below({ index: start, place }, y, missing);
    const above = this.#above({ index: start, place }, y, missing);
    const sight = {
      rows: [...above.rows, ...below.rows],
      top: above.y,
      missing,
      atStart: above.atStart,
      atEnd: below.atEnd,
      fraction: 0,
    };
    const held = this.#clamped(sight, below.y);
    return { ...held, fraction: this.#fraction(held) };
  }

  /** Nothing above the first line, and nothing below the last one where there are enough of them. */
  #clamped(sight: Sight, bottom: number): Sight {
    if (sight.atEnd && bottom < this.height) {
      const short = sight.atStart && bottom - sight.top <= this.height;
      return short ? { ...sight, top: 0 } : this.#moved(this.#fromEnd(), sight);
    }
    return sight.atStart && sight.top > 0 ? { ...sight, top: 0 } : sight;
  }

  #moved(to: Sight, from: Sight): Sight {
    return { ...to, missing: [...to.missing, ...from.missing] };
  }

  /** The anchor is a row in sight from now on, so that what is above it may come and go. */
  #settle(sight: Sight): void {
    let y = sight.top;
    for (const { at } of sight.rows) {
      const next = y + this.#heightOf(at);
      if (next > 0) {
        this.#anchor = { at, y };
        return;
      }
      y = next;
    }
  }

  /** Scrolled to where nothing is held: about so many bytes further. */
  #guess(): void {
    const { at, y } = this.#anchor;
    const lines = y / this.rowHeight;
    this.#anchor = { at: Math.max(0, Math.min(this.#blocks.size, at - lines * this.#blocks.lineLength)), y: 0 };
  }

  #below(from: Place, y: number, missing: number[]): { rows: RowInSight[]; y: number; atEnd: boolean } {
    const rows: RowInSight[] = [];
    const limit = this.height + BEYOND * this.rowHeight;
    let { index, place } = from;
    for (let walked = 0; walked < WALK; walked++) {
      if (index > this.#blocks.last) return { rows, y, atEnd: true };
      const block = this.#held(index, missing);
      if (!block) {
        this.#ahead(index + 1, missing);
        return { rows, y, atEnd: false };
      }
      const shown = block.rows(this.shown);
      for (; place < shown.length; place++) {
        if (y > limit) return { rows, y, atEnd: false };
        const row = shown[place] as number;
        const at = block.at[row] as number;
        rows.push({ at, block, row });
        y += this.#heightOf(at);
      }
      index += 1;
      place = 0;
    }
    return { rows, y, atEnd: false };
  }

  #above(from: Place, y: number, missing: number[]): { rows: RowInSight[]; y: number; atStart: boolean } {
    const rows: RowInSight[] = [];
    const limit = -BEYOND * this.rowHeight;
    let { index, place } = from;
    for (let walked = 0; walked < WALK; walked++) {
      if (place === 0) {
        if (index === 0) return { rows: rows.reverse(), y, atStart: true };
        index -= 1;
        const block = this.#held(index, missing);
        if (!block) {
          this.#ahead(index - 1, missing);
          return { rows: rows.reverse(), y, atStart: false };
        }
        place = block.rows(this.shown).length;
        continue;
      }
      const block = this.#blocks.get(index) as Block;
      const shown = block.rows(this.shown);
      while (place > 0) {
        if (y < limit) return { rows: rows.reverse(), y, atStart: false };
        place -= 1;
        const row = shown[place] as number;
        const at = block.at[row] as number;
        rows.push({ at, block, row });
        y -= this.#heightOf(at);
      }
    }
    return { rows: rows.reverse(), y, atStart: false };
  }

  #held(index: number, missing: number[]): Block | undefined {
    const block = this.#blocks.touch(index);
    if (!block || this.#blocks.isBehind(block)) missing.push(index);
    return block;
  }

  /** Behind a block that is not held comes another: a very long line goes through many. */
  #ahead(index: number, missing: number[]): void {
    if (index >= 0 && index <= this.#blocks.last && !this.#blocks.get(index)) missing.push(index);
  }

  #beside(index: number): number[] {
    return [index + 1, index - 1].filter((one) => one >= 0 && one <= this.#blocks.last && !this.#blocks.get(one));
  }

  #heightOf(at: number): number {
    return this.#heights.get(at) ?? this.rowHeight;
  }

  #bottom(sight: Sight): number {
    return sight.rows.reduce((y, { at }) => y + this.#heightOf(at), sight.top);
  }

  #bytesInSight(): number {
    return (this.height / this.rowHeight) * this.#blocks.lineLength;
  }

  #fraction(sight: Sight): number {
    if (sight.atStart && sight.top >= 0) return 0;
    const { at } = this.#anchor;
    return Math.min(0.9999, at / Math.max(BLOCK / 64, this.#blocks.size - this.#bytesInSight()));
  }
}

interface Place {
  index: number;
  /** Among the rows of the block that are shown. */
  place: number;
}

/** The first of `rows` that begins at or behind byte `at`; their number where there is none. */
function firstFrom(block: Block, rows: readonly number[], at: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((block.at[rows[middle] as number] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
