// How fast bytes go, smoothed: what the last seconds tell, and not one burst or pause among them. Pure; times in milliseconds.

/** After so long half of what was known has been forgotten. */
const HALF_LIFE = 4_000;
const LEAST = 200;

export class Pace {
  #speed = 0;
  #weight = 0;
  #time: number | undefined;
  #bytes = 0;

  /** `bytes` more were sent up to `now`. */
  moved(bytes: number, now: number): void {
    this.#time ??= now;
    this.#bytes += bytes;
    const past = now - this.#time;
    if (past < LEAST) return;
    const kept = 0.5 ** (past / HALF_LIFE);
    this.#speed = this.#speed * kept + (this.#bytes / past) * 1000 * (1 - kept);
    this.#weight = this.#weight * kept + (1 - kept);
    this.#time = now;
    this.#bytes = 0;
  }

  /** Nothing is sent any more: what comes next is another story. */
  rest(): void {
    this.#speed = this.#weight = this.#bytes = 0;
    this.#time = undefined;
  }

  /** Bytes a second; 0 when nothing is known. */
  get speed(): number {
    return this.#weight > 0 ? this.#speed / this.#weight : 0;
  }
}

/** Seconds for `bytes`; undefined when that would be a guess. */
export function secondsFor(bytes: number, speed: number): number | undefined {
  return bytes === 0 ? 0 : speed >= 1 ? bytes / speed : undefined;
}
