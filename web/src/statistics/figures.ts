// What the server's figures say to people: sums over the hours of a week, and which of them are working hours.
import type { GetStatisticsResponse, GetStatisticsResponse_Hour } from "../api/winslow/v1/statistics_service_pb.ts";

export const SPANS = { "7d": 7, "30d": 30, "90d": 90, "365d": 365 } as const;
export type Span = keyof typeof SPANS;
export const SPAN_WORDS: Record<Span, string> = {
  "7d": "7 days",
  "30d": "30 days",
  "90d": "90 days",
  "365d": "A year",
};

export const isSpan = (text: string | undefined): text is Span => text !== undefined && text in SPANS;

/** Working hours: the days from `0` for Monday, and from which hour until which. */
export interface Working {
  lastDay: number;
  from: number;
  until: number;
}

export const OFFICE: Working = { lastDay: 4, from: 8, until: 18 };

/** "4-8-18"; whatever else is said is the office's. */
export function workingOf(text: string | undefined): Working {
  const [lastDay, from, until] = (/^([0-6])-(\d{1,2})-(\d{1,2})$/.exec(text ?? "") ?? []).slice(1).map(Number);
  if (lastDay === undefined || from === undefined || until === undefined || from >= until || until > 24) return OFFICE;
  return { lastDay, from, until };
}

export const isWorking = ({ lastDay, from, until }: Working, weekday: number, hour: number): boolean =>
  weekday <= lastDay && hour >= from && hour < until;

export interface Starts {
  all: number;
  byWinslow: number;
  /** Outside of working hours, by whomever. */
  outside: number;
}

export function startsOf(hours: readonly GetStatisticsResponse_Hour[], working: Working): Starts {
  const starts = { all: 0, byWinslow: 0, outside: 0 };
  for (const { weekday, hour, startedByHand, startedByWinslow } of hours) {
    const count = Number(startedByHand + startedByWinslow);
    starts.all += count;
    starts.byWinslow += Number(startedByWinslow);
    if (!isWorking(working, weekday, hour)) starts.outside += count;
  }
  return starts;
}

export type Shown = "running" | "byHand" | "byWinslow";

/** Values by weekday and hour, 7 × 24; 0 where nothing is known. */
export function gridOf(hours: readonly GetStatisticsResponse_Hour[], shown: Shown): number[][] {
  const grid = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  for (const one of hours) {
    const row = grid[one.weekday];
    if (row) row[one.hour] = shownOf(one, shown);
  }
  return grid;
}

function shownOf(one: GetStatisticsResponse_Hour, shown: Shown): number {
  if (shown === "running") return one.running;
  return Number(shown === "byHand" ? one.startedByHand : one.startedByWinslow);
}

export const secondsOf = (length: { seconds: bigint; nanos: number } | undefined): number =>
  length ? Number(length.seconds) + length.nanos / 1e9 : 0;

export interface Computing {
  seconds: number;
  gpuSeconds: number;
  stages: number;
}

export function computingOf(answer: GetStatisticsResponse): Computing {
  const sum = { seconds: 0, gpuSeconds: 0, stages: 0 };
  for (const share of answer.shares) {
    sum.seconds += secondsOf(share.computing);
    sum.gpuSeconds += secondsOf(share.gpuComputing);
    sum.stages += Number(share.stages);
  }
  return sum;
}

const WAITS: Record<string, string> = {
  AWAITING_INPUT: "A person",
  WAITS_ITS_TURN: "Its turn",
  NODES_BUSY: "Room on a node",
  NO_NODES: "Any node at all",
  NO_NODE_ABLE: "A node that is able",
  RUN_PAUSED: "A paused run",
  RETRY_BACKOFF: "Another try after a failure",
};

/** What was waited for, for people; codes that came later are told as they are. */
export function waitWords(code: string): string {
  const known = WAITS[code];
  if (known) return known;
  const words = code.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "12 %", "<1 %" where it is a little. */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  const value = (100 * part) / whole;
  return value < 1 ? "<1 %" : `${Math.round(value)} %`;
}
