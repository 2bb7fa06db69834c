// Keys that work on every page: single ones, and "g" followed by a place's own. They keep out of the way of whoever types.

export interface Pressed {
  key: string;
  /** Control or Command. */
  command: boolean;
  alt: boolean;
  /** Somebody types there, or the keys belong to a dialog. */
  taken: boolean;
}

/** What keys mean: "k" with Control is "command-k", "g" and then "p" is "g p". */
export type Meanings = ReadonlyMap<string, () => void>;

/** Milliseconds in which the second key of two must come. */
export const TOGETHER = 1_200;

export class Shortcuts {
  #first = "";
  #at = 0;

  /** Whether the key meant something, which is done then; `now` in milliseconds. */
  press({ key, command, alt, taken }: Pressed, meanings: Meanings, now: number): boolean {
    if (command && !alt) return this.#does(meanings.get(`command-${key.toLowerCase()}`));
    if (command || alt || taken) {
      this.#first = "";
      return false;
    }
    const both = this.#first && now - this.#at < TOGETHER ? meanings.get(`${this.#first} ${key}`) : undefined;
    if (this.#does(both)) return true;
    this.#first = key;
    this.#at = now;
    return this.#does(meanings.get(key));
  }

  #does(meaning: (() => void) | undefined): boolean {
    if (!meaning) return false;
    this.#first = "";
    meaning();
    return true;
  }
}

const TYPED_INTO =
  "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]";

/** Whether keys that are pressed there belong to somebody else. */
export function isTaken(target: EventTarget | null): boolean {
  return (
    target instanceof Element && target.closest(`${TYPED_INTO}, [role=dialog], [role=menu], [role=listbox]`) !== null
  );
}
