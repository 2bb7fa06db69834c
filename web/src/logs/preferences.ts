// How a person likes to read logs, kept by their browser.
import { useLocalStorage } from "@mantine/hooks";
import { ALL_SHOWN, type Shown } from "./block.ts";
import type { TimeShown } from "./times.ts";

export interface Preferences {
  wrap: boolean;
  time: TimeShown;
  /** Pixels. */
  letters: number;
  shown: Shown;
  /** Patterns that are marked wherever they are seen. */
  marks: string[];
}

export const LETTERS = [10, 11, 12, 13, 14, 16, 18];
const DEFAULT: Preferences = { wrap: false, time: "zone", letters: 12, shown: ALL_SHOWN, marks: [] };

export function usePreferences(): [Preferences, (change: Partial<Preferences>) => void] {
  const [kept, keep] = useLocalStorage<Partial<Preferences>>({
    key: "winslow.log",
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  const preferences = { ...DEFAULT, ...sensible(kept) };
  return [preferences, (change) => keep({ ...preferences, ...change })];
}

/** What an earlier version or a person's own hand left there may be anything. */
function sensible(kept: Partial<Preferences>): Partial<Preferences> {
  const found: Partial<Preferences> = {};
  if (typeof kept !== "object" || kept === null) return found;
  if (typeof kept.wrap === "boolean") found.wrap = kept.wrap;
  if (kept.time === "zone" || kept.time === "relative" || kept.time === "off") found.time = kept.time;
  if (LETTERS.includes(kept.letters as number)) found.letters = kept.letters as number;
  if (typeof kept.shown === "number" && kept.shown & ALL_SHOWN) found.shown = kept.shown & ALL_SHOWN;
  if (Array.isArray(kept.marks)) found.marks = kept.marks.filter((mark) => typeof mark === "string").slice(0, 6);
  return found;
}
