// What patterns find in lines, as messages between the page and the worker that looks: a pattern that never ends hangs only that.
export interface Ask {
  id: number;
  texts: readonly string[];
  patterns: readonly { source: string; flags: string }[];
}

export interface Told {
  id: number;
  /** Which pattern it was that found this. */
  pattern: number;
  /** For each text where it begins and ends, alternating. */
  places: number[][];
}

/** Finds in one line, at most; and characters of a line that are looked at. */
const MOST = 200;
const LENGTH = 5_000;

/** Where `pattern` is found in `text`: beginnings and ends, alternating. */
export function places(pattern: RegExp, text: string): number[] {
  const found: number[] = [];
  for (const match of text.slice(0, LENGTH).matchAll(pattern)) {
    if (match[0].length === 0) continue;
    found.push(match.index, match.index + match[0].length);
    if (found.length >= 2 * MOST) break;
  }
  return found;
}

/** What a worker does: one message for each pattern, so that it is known at which one it hangs. */
export function answer(ask: Ask, tell: (told: Told) => void): void {
  ask.patterns.forEach(({ source, flags }, pattern) => {
    const compiled = new RegExp(source, flags);
    tell({ id: ask.id, pattern, places: ask.texts.map((text) => places(compiled, text)) });
  });
}
