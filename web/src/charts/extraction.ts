// Numbers that a pattern finds in a stage's log, looked for on the server some mebibytes at a time, and on from there as more is
// written.
import { type LogCalls, sleep } from "../logs/source.ts";
import { problemOf } from "../rpc/problem.ts";
import { added, noRows, type Rows } from "./rows.ts";

/** Bytes that the server looks through for one answer, about. */
const PIECE = 16 << 20;
/** Rows of all answers together, about. */
const ROWS = 30_000;

/** Milliseconds after which a node that did not answer is asked again, at first and at most. */
const [PAUSE, PAUSE_MAX] = [500, 8_000];

export interface Extracted {
  rows: Rows;
  /** Of what was written, how much was looked through: 0 to 1. */
  share: number;
  done: boolean;
  problem: unknown;
}

export const NOTHING: Extracted = { rows: noRows(), share: 0, done: false, problem: undefined };

/** How many answers are waited for at a time, of all charts: a browser has few connections. */
const AT_ONCE = 2;
let underWay = 0;
const waiting: (() => void)[] = [];

async function inTurn<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  if (underWay >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  else underWay += 1;
  try {
    return await ask();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else underWay -= 1;
  }
}

export class Extraction {
  readonly #calls: LogCalls;
  readonly #stage: string;
  readonly #pattern: string;
  readonly #changed: (says: Extracted) => void;
  readonly #end = new AbortController();
  #says = NOTHING;
  #offset = 0n;
  #ended = false;
  #busy = false;

  constructor(calls: LogCalls, stage: string, pattern: string, changed: (says: Extracted) => void) {
    this.#calls = calls;
    this.#stage = stage;
    this.#pattern = pattern;
    this.#changed = changed;
  }

  close(): void {
    this.#end.abort();
  }

  /** Looks through what was written since the last time; nothing where that is under way or nothing follows. */
  async look(): Promise<void> {
    if (this.#busy || this.#ended) return;
    this.#busy = true;
    const { signal } = this.#end;
    try {
      for (let pause = PAUSE; !signal.aborted; ) {
        try {
          if (await this.#piece(signal)) break;
          pause = PAUSE;
        } catch (problem) {
          if (signal.aborted) break;
          this.#say({ problem });
          if (!problemOf(problem).retryable) break;
          await sleep(pause, signal);
          pause = Math.min(PAUSE_MAX, 2 * pause);
        }
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Whether all that is there was looked through. */
  async #piece(signal: AbortSignal): Promise<boolean> {
    const pieces = Math.max(1, Number(this.#offset) / PIECE / Math.max(this.#says.share, 0.001));
    const ask = {
      name: this.#stage,
      pattern: this.#pattern,
      offset: this.#offset,
      maxRows: Math.round(Math.min(4_000, Math.max(300, ROWS / pieces))),
    };
    const page = await inTurn(() => this.#calls.extractLogValues(ask, { signal }));
    if (signal.aborted) return true;
    const moved = page.offset > this.#offset;
    this.#offset = page.offset;
    this.#ended = page.ended;
    const columns = new Map((page.values?.columns ?? []).map((column) => [column.group, column.values]));
    const times = (page.values?.times ?? []).map((seconds) => seconds * 1000);
    const all = !moved || page.offset >= page.size;
    this.#say({
      rows:
        times.length || columns.size > this.#says.rows.columns.size
          ? added(this.#says.rows, times, columns)
          : this.#says.rows,
      share: page.size > 0n ? Number(page.offset) / Number(page.size) : 1,
      done: all || this.#says.done,
      problem: undefined,
    });
    return all;
  }

  #say(says: Partial<Extracted>): void {
    this.#says = { ...this.#says, ...says };
    this.#changed(this.#says);
  }
}
