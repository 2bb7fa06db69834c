// What sends: a few files at once, in their order, each until it has arrived or a person must know why not.
import type { Services } from "../../rpc/services.ts";
import { FileGone, isThere } from "./digest.ts";
import { LargeSending } from "./large.ts";
import type { Item, List } from "./list.ts";
import { GONE, putTogether, SMALL, together } from "./small.ts";
import { pauseAfter, type Trouble, troubleOf } from "./trouble.ts";

/** A browser has six connections to a node: one is the page's stream, one may follow a log, one is for what people do. */
const AT_ONCE = 3;

interface Ends {
  /** Shown by the node now. */
  landed: (items: readonly Item[]) => void;
  /** Somewhere else than when it was remembered. */
  begun: (item: Item) => void;
  /** It will not go on by itself. */
  ended: (items: readonly Item[]) => void;
}

export type Sends = Pick<LargeSending, "send" | "end">;

export class Sender {
  #queue: Item[] = [];
  #running = 0;
  readonly #files: Services["files"];
  readonly #list: List;
  readonly #ends: Ends;
  readonly #large: () => Sends;

  /** `large` makes what sends one large file. */
  constructor(files: Services["files"], list: List, ends: Ends, large: () => Sends = () => new LargeSending(files)) {
    this.#files = files;
    this.#large = large;
    this.#list = list;
    this.#ends = ends;
  }

  /** Has them sent in their turn. */
  enqueue(items: readonly Item[]): void {
    for (const item of items) {
      this.#list.set(item, "queued");
      this.#queue.push(item);
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#running < AT_ONCE) {
      const next = this.#next();
      if (!next.length) return;
      this.#running++;
      const work = next[0] && next[0].size > SMALL ? this.#one(next[0]) : this.#small(next);
      void work.finally(() => {
        this.#running--;
        this.#pump();
      });
    }
  }

  /** One large file, or several small ones; of what waits no more, nothing is left. */
  #next(): Item[] {
    while (this.#queue[0] && this.#queue[0].state !== "queued") this.#queue.shift();
    const [first] = this.#queue;
    if (!first) return [];
    if (first.size > SMALL) return this.#queue.splice(0, 1);
    const waiting = this.#queue.slice(0, 1024).filter(({ state }) => state === "queued");
    const taken = waiting.slice(0, Math.max(1, together(waiting)));
    const last = taken.at(-1);
    this.#queue.splice(0, last ? this.#queue.indexOf(last) + 1 : 1);
    return taken;
  }

  async #one(item: Item): Promise<void> {
    const { file } = item;
    if (!file) return;
    item.stop = new AbortController();
    const { signal } = item.stop;
    item.sending ??= this.#large();
    for (let failed = 0; !signal.aborted; failed++) {
      const before = item.sent;
      this.#list.set(item, "sending");
      try {
        await item.sending.send({ ...item, file }, this.#heard(item), signal);
        if (!signal.aborted) this.#ends.landed([item]);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const gone = error instanceof FileGone || !(await isThere(file));
        const trouble = gone ? GONE : troubleOf(error);
        if (!trouble.passes) return this.#stopped(item, trouble);
        if (item.sent > before) failed = 0;
        await this.#rest([item], trouble, failed, signal);
      }
    }
  }

  #heard(item: Item) {
    let first = true; // what is told first was sent before a cut
    return {
      url: (url: string) => {
        if (item.url === url) return;
        item.url = url;
        this.#ends.begun(item);
      },
      sent: (bytes: number) => {
        this.#list.sent(item, bytes, !first);
        first = false;
      },
      verifying: (bytes: number) => {
        item.verified = bytes;
        if (item.state === "sending" || item.state === "verifying") this.#list.set(item, "verifying");
      },
    };
  }

  async #small(items: readonly Item[]): Promise<void> {
    let left = items.filter((item) => item.file);
    for (let failed = 0; left.length; failed++) {
      const stop = new AbortController();
      for (const item of left) {
        item.stop = stop;
        this.#list.set(item, "sending");
      }
      const trouble = await this.#together(left, stop.signal);
      // What was paused or cancelled meanwhile is no longer ours.
      left = left.filter(({ state }) => state === "sending");
      if (left.length) await this.#rest(left, trouble, failed, stop.signal);
      left = left.filter(({ state }) => state === "resting");
    }
  }

  /** One call; what goes on by itself is still being sent, and the answer says why. */
  async #together(items: readonly Item[], signal: AbortSignal): Promise<Trouble> {
    let passing: Trouble | undefined;
    try {
      const small = items.map((item) => ({ ...item, file: item.file as File }));
      const outcomes = await putTogether(this.#files, small, signal);
      const landed = items.filter((item, index) => item.state === "sending" && !outcomes[index]);
      for (const item of landed) this.#list.sent(item, item.size);
      this.#ends.landed(landed);
      for (const [index, item] of items.entries()) {
        const trouble = outcomes[index];
        if (trouble?.passes) passing = trouble;
        else if (trouble && item.state === "sending") this.#stopped(item, trouble);
      }
    } catch (error) {
      passing = troubleOf(error);
      if (!passing.passes && !signal.aborted) {
        for (const item of items) if (item.state === "sending") this.#stopped(item, passing);
      }
    }
    return passing ?? { why: "", reason: "", passes: true };
  }

  #stopped(item: Item, { why, reason }: Trouble): void {
    item.sending?.end();
    item.sending = undefined;
    if (reason === "FILE_EXISTS") this.#list.set(item, "asks");
    else {
      this.#list.set(item, "failed", why);
      this.#ends.ended([item]);
    }
  }

  /** Until it is time to try again, or somebody says so, or the browser is online again. */
  #rest(items: readonly Item[], { why }: Trouble, failed: number, signal: AbortSignal): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(over, pauseAfter(failed));
      function over() {
        clearTimeout(timer);
        window.removeEventListener("online", over);
        done();
      }
      window.addEventListener("online", over);
      signal.addEventListener("abort", over);
      for (const item of items) {
        item.poke = over;
        this.#list.set(item, "resting", why);
      }
    });
  }
}
