// A row of a log as it is shown: runs of one look each, with hidden characters made visible and found places marked.
import { decoded, HIDDEN, named } from "./decoding.ts";
import { type Run, runs, type Style } from "./terminal.ts";

export interface Part {
  text: string;
  style: Style | undefined;
  /** What `text` stands for: a character that would not be seen. */
  hidden?: boolean;
  /** Which of the patterns found it, from 0. */
  found?: number;
}

/** A place in a line's text that a pattern found. */
export interface Found {
  from: number;
  to: number;
  pattern: number;
}

export interface Line {
  parts: Part[];
  /** As it is shown, in one piece. */
  text: string;
}

/** The line that `bytes` say. */
export function line(bytes: Uint8Array<ArrayBuffer>): Line {
  const parts = runs(decoded(bytes)).flatMap(revealed);
  return { parts, text: parts.map((part) => part.text).join("") };
}

function revealed({ text, style }: Run): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), style });
    parts.push({ text: named(match[0]), style, hidden: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), style });
  return parts;
}

/** `parts` divided where `found` begin and end; where two overlap the first holds. */
export function marked(parts: readonly Part[], found: readonly Found[]): readonly Part[] {
  if (found.length === 0) return parts;
  const result: Part[] = [];
  let at = 0;
  let next = 0;
  for (const part of parts) {
    const end = at + part.text.length;
    let from = at;
    while (from < end) {
      while (next < found.length && (found[next] as Found).to <= from) next++;
      const mark = found[next];
      const inside = mark !== undefined && mark.from <= from;
      const to = Math.min(end, mark === undefined ? end : inside ? mark.to : mark.from);
      const text = part.text.slice(from - at, to - at);
      result.push(inside ? { ...part, text, found: mark.pattern } : { ...part, text });
      from = to;
    }
    at = end;
  }
  return result;
}

/** `found` in order, without those that lie on others: the first pattern has its way. */
export function settled(found: readonly Found[]): Found[] {
  const order = [...found].sort((one, other) => one.from - other.from || one.pattern - other.pattern);
  const kept: Found[] = [];
  for (const one of order) if (one.from >= (kept.at(-1)?.to ?? 0) && one.to > one.from) kept.push(one);
  return kept;
}
