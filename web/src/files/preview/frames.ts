// How long one picture of a video lasts, learnt from those that were shown: the file's own number is not told to pages. Pure.

const GUESS = 1 / 30;
const SHORTEST = 1 / 240;

export class Rhythm {
  #last: { time: number; count: number } | undefined;
  #frame = 0;

  /** A picture of the moment `time` (seconds) was shown; `count` pictures were so far. */
  saw(time: number, count: number): void {
    const last = this.#last;
    this.#last = { time, count };
    if (!last || count - last.count !== 1) return;
    const apart = time - last.time;
    // A jump or a slow browser is longer than a picture, never shorter: the shortest seen is one.
    if (apart >= SHORTEST && apart < 1 && (this.#frame === 0 || apart < this.#frame)) this.#frame = apart;
  }

  /** Seconds of one picture; a guess as long as none followed another. */
  frame(): number {
    return this.#frame || GUESS;
  }
}
