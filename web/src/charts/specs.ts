// Which charts a person wants of a stage: remembered by their browser for each stage definition.
import { useLocalStorage } from "@mantine/hooks";

export interface LogSpec {
  /** RE2 with named groups. */
  pattern: string;
  /** "time", or the group that the others are drawn over; "" for whatever fits. */
  over: string;
}

export interface TableSpec {
  /** Below the stage: `output/counts.csv`. */
  file: string;
  /** A column; "" for the row's number. */
  x: string;
  y: string[];
}

export interface Specs {
  logs: LogSpec[];
  tables: TableSpec[];
}

const MOST = 12;

/** `parsers` are the patterns of the stage definition, which are drawn as long as nobody chose otherwise. */
export function useSpecs(definition: string, parsers: readonly string[]): [Specs, (change: Partial<Specs>) => void] {
  const [kept, keep] = useLocalStorage<Partial<Specs>>({
    key: `winslow.charts.${definition}`,
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  const specs = sensible(kept, parsers);
  return [specs, (change) => keep({ ...specs, ...change })];
}

/** What an earlier version or a person's own hand left there may be anything. */
export function sensible(kept: unknown, parsers: readonly string[]): Specs {
  const { logs, tables } = (typeof kept === "object" && kept !== null ? kept : {}) as Record<string, unknown>;
  return {
    logs: Array.isArray(logs)
      ? logs.filter(isLog).slice(0, MOST)
      : parsers.filter(hasGroups).map((pattern) => ({ pattern, over: "" })),
    tables: Array.isArray(tables) ? tables.filter(isTable).slice(0, MOST) : [],
  };
}

const isText = (value: unknown): value is string => typeof value === "string";

function isLog(value: unknown): value is LogSpec {
  const one = value as Partial<LogSpec> | null;
  return typeof one === "object" && one !== null && isText(one.pattern) && isText(one.over);
}

function isTable(value: unknown): value is TableSpec {
  const one = value as Partial<TableSpec> | null;
  if (typeof one !== "object" || one === null || !isText(one.file) || !isText(one.x)) return false;
  return Array.isArray(one.y) && one.y.every(isText) && !one.file.split("/").includes("..");
}

export const hasGroups = (pattern: string): boolean => /\(\?P?<[A-Za-z_]/.test(pattern);

/**
 * The pattern that a person means: theirs, in RE2's way of writing, or where they wrote a word, the number behind it
 * (`loss` finds `loss=0.5`, `loss: 0.5` and `loss 0.5`).
 */
export function meant(written: string): string {
  const text = written.trim();
  if (hasGroups(text)) return text.replaceAll(/\(\?<(?![=!])/g, "(?P<");
  if (!text) return "";
  const name = text.replace(/\W+/g, "_").replace(/^(?=\d)/, "_");
  const word = text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return `(?i)(?:^|\\W)${word}\\s*[=:]?\\s*(?P<${name}>[-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?)`;
}

const COUNTERS = /^(global_?)?(step|steps|epoch|iter|iteration|frame|batch|round|n|i)$/i;

/** What the columns of a pattern are drawn over: what was chosen, else the one that counts, else time. */
export function overOf(columns: readonly string[], chosen: string): string {
  if (chosen === "time" || columns.includes(chosen)) return chosen;
  return (columns.length > 1 && columns.find((column) => COUNTERS.test(column))) || "time";
}
