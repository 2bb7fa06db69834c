// A log in memory and the server's half of it, for tests.
import { BLOCK } from "./block.ts";
import type { Blocks, Piece } from "./blocks.ts";

const ENCODER = new TextEncoder();
export const TIME = "2026-01-01T00:00:01.500000000Z";

export const bytes = (text: string): Uint8Array<ArrayBuffer> => ENCODER.encode(text);
export const cri = (text: string, stream = "stdout", tag = "F"): string => `${TIME} ${stream} ${tag} ${text}\n`;

/** Numbers that look random and are the same each time. */
export function chance(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % most;
  };
}

export class Written {
  data: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Where lines begin. */
  readonly at: number[] = [];

  write(lines: readonly string[]): Uint8Array<ArrayBuffer> {
    const added = bytes(lines.join(""));
    let at = this.data.length;
    for (const line of lines) {
      this.at.push(at);
      at += bytes(line).length;
    }
    const all = new Uint8Array(this.data.length + added.length);
    all.set(this.data);
    all.set(added, this.data.length);
    this.data = all;
    return added;
  }

  /** The lines that begin in the range `index`, as the server answers. */
  piece(index: number): Piece {
    const within = this.at.filter((at) => at >= index * BLOCK && at < (index + 1) * BLOCK);
    const begin = within[0] ?? index * BLOCK;
    const behind = within.length ? (this.at[this.at.indexOf(within.at(-1) as number) + 1] ?? this.data.length) : begin;
    return {
      offset: begin,
      data: this.data.slice(begin, behind),
      size: this.data.length,
      continued: this.#open(begin),
    };
  }

  /** Reads what is missing until nothing is. */
  fill(blocks: Blocks, missing: () => readonly number[]): void {
    for (let tries = 0; tries < 500; tries++) {
      const [index] = missing();
      if (index === undefined) return;
      blocks.put(index, this.piece(index));
    }
    throw new Error("what is missing never comes");
  }

  #open(begin: number): string[] {
    const text = new TextDecoder().decode(this.data.subarray(0, begin)).split("\n").slice(0, -1);
    return ["stdout", "stderr"].filter((stream) =>
      text.findLast((line) => line.includes(` ${stream} `))?.includes(` ${stream} P `),
    );
  }
}
