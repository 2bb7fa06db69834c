// What a person may mean by a few letters: the best of everything that has a name, places and things to do first among equals.

export interface Findable {
  /** Unique among all. */
  id: string;
  word: string;
  /** What else it may be found by, and what is said beside it. */
  note?: string;
}

/** How well letters fit; 0 is not at all. */
export function fits(word: string, letters: string): number {
  const at = word.indexOf(letters);
  if (at < 0) return 0;
  if (word === letters) return 5;
  if (at === 0) return 4;
  const before = word[at - 1] ?? "";
  return /[\p{L}\p{N}]/u.test(before) ? 2 : 3;
}

/** The `most` that fit best; in the order they came in where they fit alike. Every word of `text` must fit. */
export function found<Item extends Findable>(items: Iterable<Item>, text: string, most: number): Item[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const best: { item: Item; score: number }[] = [];
  for (const item of items) {
    const score = scored(item, words);
    if (score === 0) continue;
    const last = best[best.length - 1];
    if (best.length === most && last && last.score >= score) continue;
    const place = best.findIndex((one) => one.score < score);
    best.splice(place < 0 ? best.length : place, 0, { item, score });
    if (best.length > most) best.pop();
  }
  return best.map(({ item }) => item);
}

const small = new WeakMap<Findable, { word: string; note: string }>();

function scored(item: Findable, words: readonly string[]): number {
  if (words.length === 0) return 1;
  let said = small.get(item);
  if (!said) {
    said = { word: item.word.toLowerCase(), note: item.note?.toLowerCase() ?? "" };
    small.set(item, said);
  }
  let score = 0;
  for (const letters of words) {
    const fit = fits(said.word, letters) * 2 || fits(said.note, letters);
    if (fit === 0) return 0;
    score += fit;
  }
  return score / words.length;
}
