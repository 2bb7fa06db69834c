// JSON as something to unfold: what is in each value, and what it says while it is folded. Pure.
import { Exact } from "./exact.ts";
import { Unread } from "./unread.ts";

export interface Branch {
  kind: "list" | "object";
  count: number;
  /** By its place, from 0. */
  entry: (index: number) => readonly [string, unknown];
}

/** What can be unfolded; undefined for plain values. */
export function branchOf(value: unknown): Branch | undefined {
  if (value instanceof Unread) return { kind: value.kind, count: value.count, entry: (index) => value.entry(index) };
  if (Array.isArray(value))
    return { kind: "list", count: value.length, entry: (index) => [String(index), value[index]] };
  if (value instanceof Exact || typeof value !== "object" || value === null) return undefined;
  const entries = Object.entries(value);
  return { kind: "object", count: entries.length, entry: (index) => entries[index] ?? ["", undefined] };
}

const NAMES = 4;

/** "3 entries", and of an object its first names. */
export function summary({ kind, count, entry }: Branch): string {
  if (kind === "list") return `[ ${count === 1 ? "1 entry" : `${count.toLocaleString()} entries`} ]`;
  const names = Array.from({ length: Math.min(NAMES, count) }, (_, index) => entry(index)[0]);
  return `{ ${names.join(", ").slice(0, 60)}${count > NAMES ? ", …" : ""} }`;
}

/** A plain value as JSON writes it. */
export function plain(value: unknown): string {
  return value instanceof Exact ? value.text : JSON.stringify(value);
}
