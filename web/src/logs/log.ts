// A log that somebody looks at: its blocks, what is in sight of them, and where they come from; drawn at most once a frame.
import { Blocks } from "./blocks.ts";
import { type Following, type LogCalls, Source } from "./source.ts";
import { instant } from "./times.ts";
import { type Sight, View } from "./view.ts";

export interface Picture {
  sight: Sight;
  /** Bytes written so far. */
  size: number;
  following: Following;
  sticks: boolean;
  /** Lines that came since the end was left. */
  fresh: number;
  problem: unknown;
  /** Whether rows in sight are not there yet. */
  waits: boolean;
  /** When the log begins, in milliseconds; NaN as long as that is not known. */
  began: number;
}

/** Milliseconds between two pictures of what comes by itself. */
const PACE = 60;

export class Log {
  readonly blocks = new Blocks();
  readonly view = new View(this.blocks);
  readonly source: Source;
  readonly #listeners = new Set<() => void>();
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawnAt = 0;
  #fresh = 0;
  #began = Number.NaN;
  #picture: Picture;

  constructor(calls: LogCalls, name: string) {
    this.source = new Source(calls, name, this.blocks, (rows) => {
      this.#fresh = this.view.sticks ? 0 : this.#fresh + rows;
      if (rows > 0) this.#drawSoon();
      else this.draw();
    });
    this.#picture = this.#drawn();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  picture = (): Picture => this.#picture;

  /** Changes what is in sight by `act`, and draws it with the next frame. */
  act<Answer>(act: (view: View) => Answer): Answer {
    const answer = act(this.view);
    if (this.view.sticks) this.#fresh = 0;
    this.draw();
    return answer;
  }

  /** With the next frame, however often it is called until then. */
  draw(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => this.now());
  }

  /** What comes by itself is drawn as often as anybody can read, so that a flood of lines leaves time for all else. */
  #drawSoon(): void {
    const left = PACE - (performance.now() - this.#drawnAt);
    if (left <= 0) this.draw();
    else this.#timer ??= setTimeout(() => this.draw(), left);
  }

  /** At once. */
  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drawnAt = performance.now();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#picture = this.#drawn();
    for (const listener of this.#listeners) listener();
  }

  wake(): void {
    this.source.wake();
    if (Number.isNaN(this.#began)) void this.#begin();
  }

  rest(): void {
    this.source.rest();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  async #begin(): Promise<void> {
    try {
      const first = await this.source.read(0, 4096);
      this.#began = instant(new TextDecoder().decode(first.data.subarray(0, 64)).split(" ", 1)[0] ?? "");
      this.draw();
    } catch {
      // Only "relative" needs it, and asks again when somebody comes back.
    }
  }

  #drawn(): Picture {
    let sight = this.view.sight();
    this.source?.want(sight.missing);
    const waits = sight.rows.length === 0 && sight.missing.length > 0;
    // What was there stays until what is wanted has come: nothing flickers.
    if (waits && this.#picture) sight = { ...sight, rows: this.#picture.sight.rows, top: this.#picture.sight.top };
    return {
      sight,
      size: this.blocks.size,
      following: this.source?.following ?? "asking",
      sticks: this.view.sticks,
      fresh: this.#fresh,
      problem: this.source?.problem,
      waits,
      began: this.#began,
    };
  }
}
