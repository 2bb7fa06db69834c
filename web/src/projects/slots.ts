// Turns for pictures: a browser has six connections to a node, and pictures that take long to make must not keep a person's
// commands waiting. Whoever wants one waits for a turn, and gives it back.

export class Slots {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Calls `begin` when it is its turn; the answer ends the turn, or the waiting for it. Ending twice is ending once. */
  take(begin: () => void): () => void {
    let state: "waits" | "has" | "over" = "waits";
    const turn = () => {
      if (state === "over") {
        this.#next();
        return;
      }
      state = "has";
      begin();
    };
    if (this.#free > 0) {
      this.#free--;
      turn();
    } else this.#waiting.push(turn);
    return () => {
      if (state === "has") this.#next();
      else this.#waiting = this.#waiting.filter((one) => one !== turn);
      state = "over";
    };
  }

  #next(): void {
    // Whoever came last is in sight now; those before may have been scrolled past.
    const turn = this.#waiting.pop();
    if (turn) turn();
    else this.#free++;
  }
}
