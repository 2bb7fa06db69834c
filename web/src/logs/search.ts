// A search through the whole log, on the server: where lines match, counted as they are found, also in what is written later.
import { problemOf } from "../rpc/problem.ts";
import type { Pattern } from "./patterns.ts";
import { type LogCalls, sleep } from "./source.ts";

/** Matches that are counted and marked; who goes on behind them is led from one to the next. */
const MOST = 20_000;
const PAGE = 1000;
/** Milliseconds between two looks at what was written meanwhile. */
const AGAIN = 1_000;

export interface SearchSays {
  count: number;
  /** Whether there are more than are counted. */
  more: boolean;
  /** Of what was written, how much was looked through: 0 to 1. */
  share: number;
  done: boolean;
  problem: unknown;
}

export class Search {
  /** Where the lines that match begin, in order. */
  readonly found: number[] = [];
  readonly pattern: Pattern;
  readonly #calls: LogCalls;
  readonly #name: string;
  readonly #changed: () => void;
  readonly #end = new AbortController();
  #says: SearchSays = { count: 0, more: false, share: 0, done: false, problem: undefined };
  #through = 0;
  #size = 0;

  constructor(calls: LogCalls, name: string, pattern: Pattern, changed: () => void) {
    this.#calls = calls;
    this.#name = name;
    this.pattern = pattern;
    this.#changed = changed;
    void this.#run();
  }

  get says(): SearchSays {
    return this.#says;
  }

  close(): void {
    this.#end.abort();
  }

  /** More was written: up to `size` bytes. */
  grown(size: number): void {
    this.#size = Math.max(this.#size, size);
  }

  /** Where the first line that matches begins behind the line at `line`; undefined where there is none. */
  async next(line: number): Promise<number | undefined> {
    const known = this.found[firstFrom(this.found, line + 1)];
    if (known !== undefined) return known;
    return await this.#first(Math.max(line, this.#through), line);
  }

  /** The last one that begins before `before`, among those that were counted. */
  previous(before: number): number | undefined {
    return this.found[firstFrom(this.found, before) - 1];
  }

  /** Which of those that were counted begins at `at`, from 1; 0 where none does. */
  place(at: number): number {
    const place = firstFrom(this.found, at);
    return this.found[place] === at ? place + 1 : 0;
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted && this.found.length < MOST) {
      try {
        await this.#look(signal);
      } catch (error) {
        if (signal.aborted) return;
        const goesOn = problemOf(error).retryable;
        this.#say({ problem: error, done: !goesOn });
        if (!goesOn) return;
        await sleep(AGAIN, signal);
        continue;
      }
      while (!signal.aborted && this.#size <= this.#through) await sleep(AGAIN, signal);
    }
  }

  /** From where we are to the end of what is there. */
  async #look(signal: AbortSignal): Promise<void> {
    const ask = {
      name: this.#name,
      pattern: this.pattern.asked,
      offset: BigInt(this.#through),
      pageSize: PAGE,
      brief: true,
    };
    let pageToken = "";
    do {
      const page = await this.#calls.searchLog({ ...ask, pageToken }, { signal });
      for (const match of page.matches) this.found.push(Number(match.offset));
      pageToken = page.nextPageToken;
      this.#through = Number(page.offset);
      this.#size = Math.max(this.#size, Number(page.size));
      const more = this.found.length >= MOST;
      this.#say({
        count: Math.min(this.found.length, MOST),
        more,
        share: this.#size ? this.#through / this.#size : 1,
        done: pageToken === "" || more,
        problem: undefined,
      });
    } while (pageToken && this.found.length < MOST);
  }

  /** From the beginning of a line on, behind that of `line`. */
  async #first(from: number, line: number): Promise<number | undefined> {
    const ask = { name: this.#name, pattern: this.pattern.asked, offset: BigInt(from), pageSize: 2, brief: true };
    let pageToken = "";
    do {
      const page = await this.#calls.searchLog({ ...ask, pageToken }, { signal: this.#end.signal });
      const found = page.matches.find((match) => Number(match.offset) > line);
      if (found) return Number(found.offset);
      pageToken = page.nextPageToken;
    } while (pageToken);
    return undefined;
  }

  #say(says: Partial<SearchSays>): void {
    this.#says = { ...this.#says, ...says };
    this.#changed();
  }
}

/** The place of the first number in `sorted` that is not below `value`. */
export function firstFrom(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
