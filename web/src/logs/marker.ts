// Marks what patterns find in the lines in sight, with a deadline: a pattern over it is put aside and named.
import { type Found, settled } from "./line.ts";
import type { Ask, Told } from "./marking.ts";
import type { Pattern } from "./patterns.ts";

/** Milliseconds for one pattern over all lines in sight. */
const DEADLINE = 400;
/** Lines of which is kept what was found. */
const KEPT = 2_000;
const NOTHING: readonly Found[] = [];

export interface Worker {
  onmessage: ((event: MessageEvent<Told>) => void) | null;
  postMessage(ask: Ask): void;
  terminate(): void;
}

export class Marker {
  /** Patterns that took too long, as they were written. */
  slow: ReadonlySet<string> = new Set();
  readonly #make: () => Worker;
  readonly #changed: () => void;
  #patterns: readonly (Pattern | undefined)[] = [];
  #known = new Map<string, readonly Found[]>();
  #worker: Worker | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked: { ask: Ask; which: number[]; found: Found[][]; told: number } | undefined;
  #next: readonly string[] = [];
  #id = 0;

  /** `changed` is called when more is known. */
  constructor(make: () => Worker, changed: () => void) {
    this.#make = make;
    this.#changed = changed;
  }

  /** Looks for these from now on; their places in the list are their colours. */
  use(patterns: readonly (Pattern | undefined)[]): void {
    const same = patterns.length === this.#patterns.length;
    if (same && patterns.every((one, place) => one?.written === this.#patterns[place]?.written)) return;
    this.#patterns = patterns;
    this.slow = new Set([...this.slow].filter((written) => patterns.some((one) => one?.written === written)));
    this.#known = new Map();
    this.#asked = undefined;
    clearTimeout(this.#timer);
    this.#changed();
  }

  /** What is known to be found in a line as it is shown. */
  found(text: string): readonly Found[] {
    return this.#known.get(text) ?? NOTHING;
  }

  /** These lines are in sight now. */
  look(texts: readonly string[]): void {
    if (!this.#patterns.some((one) => this.#usable(one))) return;
    this.#next = [...new Set(texts)].filter((text) => text && !this.#known.has(text));
    if (!this.#asked) this.#ask();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#asked = undefined;
  }

  #usable(pattern: Pattern | undefined): boolean {
    return pattern?.marks !== undefined && !this.slow.has(pattern.written);
  }

  #ask(): void {
    if (this.#next.length === 0) return;
    const which = this.#patterns.flatMap((pattern, place) => (this.#usable(pattern) ? [place] : []));
    if (which.length === 0) return;
    const patterns = which.flatMap((place) => this.#patterns[place]?.marks ?? []);
    const ask = { id: ++this.#id, texts: this.#next, patterns };
    this.#next = [];
    this.#asked = { ask, which, found: ask.texts.map(() => []), told: 0 };
    this.#worker ??= this.#made();
    this.#worker.postMessage(ask);
    this.#wait();
  }

  #made(): Worker {
    const worker = this.#make();
    worker.onmessage = ({ data }) => this.#take(data);
    return worker;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#late(), DEADLINE);
  }

  #take(told: Told): void {
    const asked = this.#asked;
    if (asked?.ask.id !== told.id) return;
    const pattern = asked.which[told.pattern] as number;
    told.places.forEach((places, line) => {
      for (let at = 0; at < places.length; at += 2) {
        asked.found[line]?.push({ from: places[at] as number, to: places[at + 1] as number, pattern });
      }
    });
    asked.told += 1;
    if (asked.told < asked.which.length) this.#wait();
    else this.#done(asked);
  }

  #done({ ask, found }: { ask: Ask; found: Found[][] }): void {
    clearTimeout(this.#timer);
    this.#asked = undefined;
    if (this.#known.size > KEPT) this.#known.clear();
    ask.texts.forEach((text, line) => {
      this.#known.set(text, settled(found[line] ?? []));
    });
    this.#changed();
    this.#ask();
  }

  #late(): void {
    const asked = this.#asked;
    const slow = asked && this.#patterns[asked.which[asked.told] as number];
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#asked = undefined;
    if (slow) this.slow = new Set([...this.slow, slow.written]);
    if (asked) this.#next = [...new Set([...asked.ask.texts, ...this.#next])];
    this.#changed();
    this.#ask();
  }
}
