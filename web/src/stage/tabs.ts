// The sides of an attempt's page, as its address names them.
import type { Around } from "./actions.ts";

export const TABS = [
  { key: "overview", word: "Overview" },
  { key: "environment", word: "Environment" },
  { key: "log", word: "Log" },
  { key: "charts", word: "Charts" },
  { key: "files", word: "Files" },
  { key: "election", word: "Election" },
] as const;

export type TabKey = (typeof TABS)[number]["key"];

/** What each side is given. */
export type Shown = Around;

export function tabOf(asked: string | undefined): TabKey {
  return TABS.find(({ key }) => key === asked)?.key ?? "overview";
}
