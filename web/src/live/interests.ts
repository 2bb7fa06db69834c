// What pages want to be told beside what everybody sees, counted: two of them may want the same.

/** Milliseconds for which something nobody wants any more is still told, since the next page often wants it again. */
export const LINGER = 5_000;

/** Milliseconds by which others are let go early with one: each change begins the stream anew. */
const TOGETHER = 2_000;

export interface Wanted {
  /** Projects, `projects/P`, by name. */
  details: readonly string[];
  /** Nodes and stages whose readings are told each second, by name. */
  readings: readonly string[];
}

export class Interests {
  #details = new Map<string, number>();
  #readings = new Map<string, number>();
  #leaving = new Set<Leaving>();
  readonly #changed: () => void;

  /** `changed` is called when what is wanted is no longer what was. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  now(): Wanted {
    return { details: [...this.#details.keys()].sort(), readings: [...this.#readings.keys()].sort() };
  }

  /** Runs, sweeps, stages and comments of a project, until the answer is called. */
  detailsOf(project: string): () => void {
    return this.#want(this.#details, project);
  }

  /** What a node or a stage uses, each second, until the answer is called. */
  readingsOf(subject: string): () => void {
    return this.#want(this.#readings, subject);
  }

  #want(counts: Map<string, number>, name: string): () => void {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    if (count === 0) this.#changed();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const one = { counts, name, at: Date.now() + LINGER };
      this.#leaving.add(one);
      setTimeout(() => this.#leave(one), LINGER);
    };
  }

  #leave(first: Leaving): void {
    if (!this.#leaving.has(first)) return; // it went with another
    let gone = false;
    for (const one of this.#leaving) {
      if (one.at > first.at + TOGETHER) continue;
      this.#leaving.delete(one);
      const count = one.counts.get(one.name) ?? 0;
      if (count > 1) one.counts.set(one.name, count - 1);
      else gone = one.counts.delete(one.name) || gone;
    }
    if (gone) this.#changed();
  }
}

interface Leaving {
  counts: Map<string, number>;
  name: string;
  /** Milliseconds at which it is let go. */
  at: number;
}
