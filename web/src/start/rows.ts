// The points of a sweep as a table has them: what each was given, how it is, what it found out; sorted, and with the highest and the
// lowest of each result. Pure; a thousand of them are nothing.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import { type Stage, StageState } from "../api/winslow/v1/stage_pb.ts";
import type { Sweep } from "../api/winslow/v1/sweep_pb.ts";
import { projectOf, runName } from "../parts/names.ts";
import { countOf, pointAt } from "./points.ts";

export interface PointRow {
  /** From 1. */
  number: number;
  run: string;
  values: Readonly<Record<string, string>>;
  /** Its latest attempt; undefined where there is none, or none is known. */
  stage: Stage | undefined;
  /** Whether its run was made. */
  made: boolean;
  /** Its run is there, and nothing of it was begun yet. */
  begins: boolean;
  /** Seconds, undefined as long as it has not ended. */
  seconds: number | undefined;
}

export function rowsOfSweep(
  sweep: Sweep,
  runs: ReadonlyMap<string, Run>,
  stages: ReadonlyMap<string, Stage>,
): PointRow[] {
  const project = projectOf(sweep.name);
  const first = Number(sweep.firstNumber);
  return Array.from({ length: countOf(sweep.axes) }, (_, index) => {
    const name = runName(project, String(first + index).padStart(6, "0"));
    const run = runs.get(name);
    const attempt = run?.attempts[sweep.start]?.stages.at(-1);
    const stage = attempt ? stages.get(attempt) : undefined;
    return {
      number: index + 1,
      run: name,
      values: pointAt(sweep.axes, index) ?? {},
      stage,
      made: index < Number(sweep.made),
      begins: run !== undefined && !attempt,
      seconds: stage && lastedSeconds(stage),
    };
  });
}

function lastedSeconds({ placeTime, startTime, endTime }: Stage): number | undefined {
  const began = placeTime ?? startTime;
  return began && endTime ? (timestampMs(endTime) - timestampMs(began)) / 1000 : undefined;
}

const FAILED: readonly StageState[] = [StageState.FAILED, StageState.LOST, StageState.ABORTED];
export const hasFailed = ({ stage }: PointRow) => stage !== undefined && FAILED.includes(stage.state);

/** Results that any point has, by name. */
export function resultsOf(rows: readonly PointRow[]): string[] {
  return [...new Set(rows.flatMap(({ stage }) => Object.keys(stage?.results ?? {})))].sort();
}

export type Order = { key: string; down: boolean };

/** `point`, `state`, `took`, `value.NAME` or `result.NAME`, with a minus before it to go down. */
export function orderOf(text: string | undefined): Order {
  return text?.startsWith("-") ? { key: text.slice(1), down: true } : { key: text || "point", down: false };
}

export const orderText = ({ key, down }: Order) => (down ? `-${key}` : key);

/** What is not there comes last whichever way it is sorted; numbers count as numbers. */
export function sorted(rows: readonly PointRow[], { key, down }: Order): PointRow[] {
  const told = rows.map((row) => ({ row, value: sortedBy(row, key) }));
  const way = down ? -1 : 1;
  return told
    .sort((one, other) => {
      if (one.value === undefined || other.value === undefined) {
        return Number(one.value === undefined) - Number(other.value === undefined) || one.row.number - other.row.number;
      }
      return way * compared(one.value, other.value) || one.row.number - other.row.number;
    })
    .map(({ row }) => row);
}

function sortedBy(row: PointRow, key: string): string | number | undefined {
  if (key === "took") return row.seconds;
  if (key === "state") return row.stage?.state;
  if (key.startsWith("value.")) return row.values[key.slice("value.".length)];
  if (key.startsWith("result.")) return row.stage?.results[key.slice("result.".length)];
  return row.number;
}

function compared(one: string | number, other: string | number): number {
  const [left, right] = [numberOf(one), numberOf(other)];
  if (left !== undefined && right !== undefined) return left - right;
  return String(one).localeCompare(String(other), undefined, { numeric: true });
}

export function numberOf(value: string | number | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

export interface Extremes {
  low: number;
  high: number;
}

/** The lowest and the highest of each result that is a number and not the same everywhere. */
export function extremesOf(rows: readonly PointRow[], results: readonly string[]): Map<string, Extremes> {
  const found = new Map<string, Extremes>();
  for (const { stage } of rows) {
    for (const name of results) {
      const value = numberOf(stage?.results[name]);
      if (value === undefined) continue;
      const so = found.get(name);
      if (!so) found.set(name, { low: value, high: value });
      else if (value < so.low) so.low = value;
      else if (value > so.high) so.high = value;
    }
  }
  for (const [name, { low, high }] of found) if (low === high) found.delete(name);
  return found;
}

export interface Curve {
  label: string;
  points: { x: number; y: number }[];
}

/** More curves than that nobody tells apart: then all points are one cloud. */
const CURVES = 8;

/** A result over a parameter, a curve for each combination of the other parameters. */
export function curvesOf(rows: readonly PointRow[], result: string, over: string): Curve[] {
  const curves = new Map<string, Curve>();
  for (const { values, stage } of rows) {
    const [x, y] = [numberOf(values[over]), numberOf(stage?.results[result])];
    if (x === undefined || y === undefined) continue;
    const others = Object.entries(values).filter(([name]) => name !== over);
    const label = others.map(([name, value]) => `${name}=${value}`).join(", ") || result;
    const curve = curves.get(label) ?? { label, points: [] };
    curve.points.push({ x, y });
    curves.set(label, curve);
  }
  const all = curves.size > CURVES ? [{ label: result, points: means([...curves.values()]) }] : [...curves.values()];
  for (const { points } of all) points.sort((one, other) => one.x - other.x);
  return all;
}

/** Of many curves the mean at each place. */
function means(curves: readonly Curve[]): { x: number; y: number }[] {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const { points } of curves) {
    for (const { x, y } of points) {
      const so = sums.get(x) ?? { sum: 0, count: 0 };
      sums.set(x, { sum: so.sum + y, count: so.count + 1 });
    }
  }
  return [...sums].map(([x, { sum, count }]) => ({ x, y: sum / count }));
}

/** Parameters that a result can be drawn over: all their values are numbers. */
export function numericAxes(sweep: Sweep): string[] {
  return sweep.axes
    .filter(({ values }) => values.length > 1 && values.every((value) => numberOf(value) !== undefined))
    .map(({ variable }) => variable);
}

/** Seconds that are left at the pace so far; undefined as long as too little is known. */
export function leftSeconds(sweep: Sweep, now: number): number | undefined {
  const ended = Number(sweep.succeededCount + sweep.failedCount);
  const left = Number(sweep.count) - ended;
  if (ended < 3 || left <= 0 || sweep.stopped || !sweep.createTime) return undefined;
  return ((now - timestampMs(sweep.createTime)) / 1000 / ended) * left;
}
