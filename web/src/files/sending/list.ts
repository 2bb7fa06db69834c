// All uploads of the tab, and the picture of them that pages draw: made anew a few times a second at most, however many change.

import { AT_WORK, ENDED, type Snapshot, type State, type Totals, type UploadShown } from "./kinds.ts";
import type { Remembered } from "./memory.ts";
import { Pace, secondsFor } from "./pace.ts";
import type { Sends } from "./sender.ts";

/** An upload as the store has it. */
export interface Item extends Omit<Remembered, "tab"> {
  file: File | undefined;
  state: State;
  why: string;
  sent: number;
  /** Bytes that were read again to be compared, once all are sent. */
  verified: number;
  sending: Sends | undefined;
  /** Ends what is under way for it. */
  stop: AbortController | undefined;
  /** Ends its rest. */
  poke: (() => void) | undefined;
}

/** Milliseconds between two pictures. */
const APART = 200;
const NOT_COUNTED: ReadonlySet<State> = new Set(["skipped", "cancelled", "failed"]);

export class List {
  #items = new Map<string, Item>();
  #shown = new Map<string, UploadShown>();
  #touched = new Set<string>();
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pace = new Pace();
  #snapshot: Snapshot = EMPTY;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The same object as long as nothing changed. */
  readonly snapshot = (): Snapshot => this.#snapshot;

  all(): IterableIterator<Item> {
    return this.#items.values();
  }

  in(...states: State[]): Item[] {
    return [...this.#items.values()].filter(({ state }) => states.includes(state));
  }

  get(id: string): Item | undefined {
    return this.#items.get(id);
  }

  put(items: readonly Item[]): void {
    for (const item of items) {
      this.#items.set(item.id, item);
      this.#touched.add(item.id);
    }
    this.#soon();
  }

  drop(items: readonly Item[]): void {
    for (const { id } of items) {
      this.#items.delete(id);
      this.#shown.delete(id);
    }
    this.#soon();
  }

  set(item: Item, state: State, why = ""): void {
    item.state = state;
    item.why = why;
    if (state === "done") item.sent = item.size;
    this.#touched.add(item.id);
    this.#soon();
  }

  /** So many bytes have been handed over; `counts` unless they had been before, as when a cut upload is taken up. */
  sent(item: Item, bytes: number, counts = true): void {
    if (counts) this.#pace.moved(Math.max(0, bytes - item.sent), performance.now());
    item.sent = bytes;
    this.#touched.add(item.id);
    this.#soon();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#draw();
    }, APART);
  }

  #draw(): void {
    for (const id of this.#touched) {
      const item = this.#items.get(id);
      if (item) this.#shown.set(id, shownOf(item));
    }
    this.#touched.clear();
    const uploads = [...this.#shown.values()];
    const busy = uploads.some(({ state }) => AT_WORK.has(state));
    if (!uploads.some(({ state }) => state === "sending")) this.#pace.rest();
    this.#snapshot = {
      uploads,
      busy,
      asked: uploads.filter(({ state }) => state === "asks"),
      totals: totalsOf(uploads, this.#pace.speed),
    };
    for (const listener of this.#listeners) listener();
  }
}

function shownOf({ id, path, size, sent, verified, state, why, ground }: Item): UploadShown {
  return { id, path, size, sent: Math.min(sent, size), verified, state, why, found: ground !== "" };
}

export function totalsOf(uploads: readonly UploadShown[], speed: number): Totals {
  const totals = { files: uploads.length, ended: 0, failed: 0, size: 0, sent: 0 };
  for (const { state, size, sent } of uploads) {
    if (ENDED.has(state)) totals.ended++;
    if (state === "failed") totals.failed++;
    if (NOT_COUNTED.has(state)) continue;
    totals.size += size;
    totals.sent += sent;
  }
  return { ...totals, speed, left: secondsFor(totals.size - totals.sent, speed) };
}

const EMPTY: Snapshot = { uploads: [], totals: totalsOf([], 0), asked: [], busy: false };
