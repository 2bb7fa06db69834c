// Where a log's bytes come from: the blocks that are in sight, and as long as somebody looks, whatever is written.
import { type Client, ConnectError } from "@connectrpc/connect";
import type { LogChunk } from "../api/winslow/v1/log_pb.ts";
import type { LogService } from "../api/winslow/v1/log_service_pb.ts";
import { BLOCK, Block } from "./block.ts";
import { type Blocks, blockOf, type Piece } from "./blocks.ts";

export type LogCalls = Client<typeof LogService>;

/** How it stands with what is written: nobody was asked yet, it is followed, it was cut off, nothing follows. */
export type Following = "asking" | "live" | "cut" | "ended" | "resting";

/** Blocks that are asked for at a time; a browser has few connections. */
const AT_ONCE = 2;
/** Bytes that we may be behind before what lies between is left out, to be read when somebody looks. */
const BEHIND_MAX = 4 << 20;
/** Bytes after which it is looked whether we keep up. */
const LOOK_AFTER = 4 << 20;
const NOTHING = new Uint8Array(0);
const [PAUSE, PAUSE_MAX] = [500, 5_000];

export class Source {
  following: Following = "asking";
  /** What went wrong with what was asked last; the log is read on nevertheless. */
  problem: unknown;
  readonly #calls: LogCalls;
  readonly #name: string;
  readonly #blocks: Blocks;
  /** Told when anything changed; how many rows came. */
  readonly #changed: (rows: number) => void;
  #wanted: readonly number[] = [];
  readonly #asked = new Map<number, AbortController>();
  #rest: AbortController | undefined;
  #begun = false;

  constructor(calls: LogCalls, name: string, blocks: Blocks, changed: (rows: number) => void) {
    this.#calls = calls;
    this.#name = name;
    this.#blocks = blocks;
    this.#changed = changed;
  }

  /** Follows until `rest`; calling it twice is calling it once. */
  wake(): void {
    if (this.#rest || this.following === "ended") return;
    const rest = new AbortController();
    this.following = "asking";
    this.#rest = rest;
    void this.#follow(rest.signal);
  }

  /** Lets the connection go. */
  rest(): void {
    this.#rest?.abort();
    this.#rest = undefined;
    for (const call of this.#asked.values()) call.abort();
    this.#asked.clear();
    if (this.following !== "ended") this.following = "resting";
  }

  /** These blocks are wanted now, the most urgent one first; what was wanted before and is no more is given up. */
  want(blocks: readonly number[]): void {
    this.#wanted = blocks;
    for (const [index, call] of this.#asked) {
      if (!blocks.includes(index)) {
        call.abort();
        this.#asked.delete(index);
      }
    }
    this.#ask();
  }

  /** The block that has byte `at`, read if need be. */
  async block(at: number, signal?: AbortSignal): Promise<Block> {
    const index = blockOf(at);
    const known = this.#blocks.get(index);
    if (known && !this.#blocks.isBehind(known)) return known;
    return this.#blocks.put(index, await this.#piece(index, signal));
  }

  /** A piece from the beginning of a line on. */
  async read(at: number, size: number, signal?: AbortSignal): Promise<LogChunk> {
    return await this.#calls.readLog(
      { name: this.#name, offset: BigInt(at), size: BigInt(size) },
      signal ? { signal } : {},
    );
  }

  #ask(): void {
    for (const index of this.#wanted) {
      if (this.#asked.size >= AT_ONCE) return;
      if (this.#asked.has(index)) continue;
      const call = new AbortController();
      this.#asked.set(index, call);
      void this.#fetch(index, call);
    }
  }

  async #fetch(index: number, call: AbortController): Promise<void> {
    try {
      const piece = await this.#piece(index, call.signal);
      if (call.signal.aborted) return;
      this.#blocks.put(index, piece);
      this.problem = undefined;
    } catch (error) {
      if (call.signal.aborted) return;
      this.problem = error;
      await sleep(PAUSE, call.signal);
    }
    this.#asked.delete(index);
    this.#wanted = this.#wanted.filter((one) => one !== index);
    this.#changed(0);
  }

  async #piece(index: number, signal?: AbortSignal): Promise<Piece> {
    const chunk = await this.#calls.readLog(
      { name: this.#name, offset: BigInt(index * BLOCK), size: BigInt(BLOCK), align: true },
      signal ? { signal } : {},
    );
    return {
      offset: Number(chunk.offset),
      data: chunk.data,
      size: Number(chunk.size),
      continued: chunk.continued,
    };
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let pause = PAUSE;
    while (!signal.aborted) {
      try {
        const from = await this.#begin(signal);
        pause = PAUSE;
        if (await this.#take(from, signal)) return;
      } catch (error) {
        if (signal.aborted) return;
        this.problem = ConnectError.from(error);
        this.following = "cut";
        this.#changed(0);
        await sleep(pause, signal);
        pause = Math.min(PAUSE_MAX, pause * 2);
      }
    }
  }

  /** Where to follow from: where we were, unless that is far behind; then from the last block. */
  async #begin(signal: AbortSignal): Promise<number> {
    const size = await this.#written(signal);
    this.#blocks.size = Math.max(this.#blocks.size, size);
    this.#blocks.grow(NOTHING); // what was not ended when we were cut off may be
    if (!this.#begun || size - this.#blocks.grown > BEHIND_MAX) {
      this.#blocks.follow(await this.#lastBlock(size, signal));
      this.#begun = true;
    }
    this.following = "live";
    this.problem = undefined;
    this.#changed(0);
    return this.#blocks.grown;
  }

  /** The last block in which a line begins; the first one where none is near the end, as launchers see to. */
  async #lastBlock(size: number, signal: AbortSignal): Promise<Block> {
    const last = blockOf(size - 1);
    for (const index of size > 0 ? [last, last - 1, last - 2, 0] : []) {
      const piece = index < 0 ? undefined : await this.#piece(index, signal);
      if (piece && piece.data.length > 0) return this.#blocks.put(index, piece);
    }
    return new Block(0, 0);
  }

  /** Bytes of the log. */
  async #written(signal: AbortSignal): Promise<number> {
    return Number((await this.read(0, 1, signal)).size);
  }

  /** Whether nothing follows; false where it is to be begun again. */
  async #take(from: number, signal: AbortSignal): Promise<boolean> {
    let taken = 0;
    const reading = new AbortController();
    const stop = () => reading.abort();
    signal.addEventListener("abort", stop);
    try {
      const chunks = this.#calls.followLog({ name: this.#name, offset: BigInt(from) }, { signal: reading.signal });
      for await (const chunk of chunks) {
        const rows = this.#blocks.goesOn(Number(chunk.offset)) ? this.#blocks.grow(chunk.data, chunk.unfinished) : 0;
        if (chunk.ended) this.following = "ended";
        this.#changed(rows);
        if (chunk.ended) return true;
        taken += chunk.data.length;
        if (taken < LOOK_AFTER) continue;
        taken = 0;
        if (await this.#isBehind(signal)) return false;
      }
      return false;
    } finally {
      stop();
      signal.removeEventListener("abort", stop);
    }
  }

  async #isBehind(signal: AbortSignal): Promise<boolean> {
    return (await this.#written(signal)) - this.#blocks.grown > BEHIND_MAX;
  }
}

export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
}
