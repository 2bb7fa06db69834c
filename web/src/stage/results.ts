// Results of two attempts beside each other: what a value was, what it is, and by how much it went up or down.
import type { Stage } from "../api/winslow/v1/stage_pb.ts";

export interface ResultRow {
  key: string;
  value: string | undefined;
  before: string | undefined;
  /** How much more it is than before; undefined where one of them is no number, or they are the same. */
  difference: number | undefined;
}

/** Every value that either has, by name; numbers in names count as numbers. */
export function resultRows(
  now: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>> = {},
): ResultRow[] {
  const keys = new Set([...Object.keys(now), ...Object.keys(before)]);
  return [...keys]
    .sort((one, other) => one.localeCompare(other, undefined, { numeric: true }))
    .map((key) => ({
      key,
      value: now[key],
      before: before[key],
      difference: differenceOf(now[key], before[key]),
    }));
}

/** Winslow's own values of a sum: no more digits than make sense. */
export function signed(difference: number): string {
  const rounded = Number(difference.toPrecision(4));
  return `${rounded > 0 ? "+" : "−"}${Math.abs(rounded)}`;
}

function differenceOf(now: string | undefined, before: string | undefined): number | undefined {
  const [one, other] = [numberOf(now), numberOf(before)];
  if (one === undefined || other === undefined || one === other) return undefined;
  return one - other;
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * The attempt that one is compared with: the one it retries, or else the latest earlier attempt at the same definition
 * that has ended; undefined where it is the first.
 */
export function attemptBefore(stage: Stage, stages: Iterable<Stage>): Stage | undefined {
  let found: Stage | undefined;
  for (const other of stages) {
    if (other.name === stage.retryOf) return other;
    if (other.definition?.name !== stage.definition?.name || !other.endTime || !isBefore(other, stage)) continue;
    if (!found || isBefore(found, other)) found = other;
  }
  return found;
}

function isBefore(one: Stage, other: Stage): boolean {
  if (one.name === other.name || !one.createTime || !other.createTime) return false;
  const seconds = one.createTime.seconds - other.createTime.seconds;
  const apart = seconds === 0n ? one.createTime.nanos - other.createTime.nanos : Number(seconds);
  return apart < 0;
}
