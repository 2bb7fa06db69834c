// What was measured, as curves: the past in means, the present second by second, and one line through both.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { GpuReading, Reading } from "../api/winslow/v1/node_pb.ts";

/** Spans that can be looked at, by the word of the address, in seconds. */
export const SPANS = { now: 600, "6h": 21_600, "24h": 86_400, "7d": 604_800, "31d": 2_678_400 } as const;
export type Span = keyof typeof SPANS;
export const SPAN_WORDS: Record<Span, string> = {
  now: "Now",
  "6h": "6 hours",
  "24h": "24 hours",
  "7d": "7 days",
  "31d": "31 days",
};
/** Points of one curve; more are not told apart. */
export const POINTS = 720;

export const spanOf = (word: string | undefined): Span => (word && Object.hasOwn(SPANS, word) ? (word as Span) : "now");

export interface Curve {
  label: string;
  points: { x: number; y: number | null }[];
}
export interface Chart {
  title: string;
  unit: string;
  curves: Curve[];
}

/**
 * The past and after it what was measured live, in order. Live readings become means of so many seconds as a point of the
 * past is of, so that a line goes on as it was; the last one moves until it is full.
 */
export function merged(past: readonly Reading[], live: readonly Reading[], from: number, seconds: number): Reading[] {
  const kept = past.filter((one) => time(one) >= from);
  const last = kept.at(-1);
  const fresh = live.filter((one) => time(one) >= from && (!last || time(one) > time(last)));
  if (seconds <= 1) return [...kept, ...fresh];
  const width = seconds * 1000;
  const bins = new Map<number, Reading[]>();
  const origin = last ? time(last) : fresh[0] ? time(fresh[0]) : 0;
  for (const one of fresh) {
    const bin = Math.ceil((time(one) - origin) / width);
    const those = bins.get(bin);
    if (those) those.push(one);
    else bins.set(bin, [one]);
  }
  return [...kept, ...[...bins.values()].map(mean)];
}

/** Seconds that one point of a span is the mean of. */
export const widthOf = (span: Span): number => (span === "now" ? 1 : Math.max(60, SPANS[span] / POINTS));

/** The charts of a node, or of one of its stages. GPUs are called by `names`, by UUID. */
export function chartsOf(readings: readonly Reading[], names: ReadonlyMap<string, string>): Chart[] {
  const curve = (label: string, value: (one: Reading) => number): Curve => ({
    label,
    points: broken(readings, (one) => value(one)),
  });
  const charts: Chart[] = [
    { title: "CPU", unit: "cores", curves: [curve("in use", (one) => one.cpus), curve("load", (one) => one.load)] },
    { title: "Memory", unit: "B", curves: [curve("in use", (one) => Number(one.memory))] },
    {
      title: "Network",
      unit: "B/s",
      curves: [curve("received", (one) => one.networkReceiveRate), curve("sent", (one) => one.networkSendRate)],
    },
    {
      title: "Disk",
      unit: "B/s",
      curves: [curve("read", (one) => one.diskReadRate), curve("written", (one) => one.diskWriteRate)],
    },
    { title: "Disk space in use", unit: "B", curves: [curve("in use", (one) => Number(one.diskUsed))] },
  ];
  return [...charts, ...gpuCharts(readings, names)];
}

const GPU_CHARTS: { title: string; unit: string; value: (gpu: GpuReading) => number }[] = [
  { title: "GPU utilisation", unit: "%", value: (gpu) => 100 * gpu.utilisation },
  { title: "GPU memory", unit: "B", value: (gpu) => Number(gpu.memoryUsed) },
  { title: "GPU temperature", unit: "°C", value: (gpu) => gpu.temperature },
  { title: "GPU power", unit: "W", value: (gpu) => gpu.power },
];

function gpuCharts(readings: readonly Reading[], names: ReadonlyMap<string, string>): Chart[] {
  const seen = new Set(readings.flatMap((one) => one.gpus.map((gpu) => gpu.uuid)));
  const gpus = [...seen].sort((one, other) => order(names, one) - order(names, other));
  if (!gpus.length) return [];
  return GPU_CHARTS.map(({ title, unit, value }) => ({
    title,
    unit,
    curves: gpus.map((uuid) => ({
      label: names.get(uuid) ?? uuid,
      points: broken(readings, (one) => {
        const gpu = one.gpus.find((each) => each.uuid === uuid);
        return gpu ? value(gpu) : null;
      }),
    })),
  }));
}

/** Points, with a break where nothing was measured for much longer than readings are of. */
function broken(readings: readonly Reading[], value: (one: Reading) => number | null): Curve["points"] {
  const points: Curve["points"] = [];
  let before: Reading | undefined;
  for (const one of readings) {
    const longest = 1000 * Math.max(3 * Math.max(one.seconds, before?.seconds ?? 0), 5);
    if (before && time(one) - time(before) > longest) points.push({ x: time(before) + 1, y: null });
    points.push({ x: time(one), y: value(one) });
    before = one;
  }
  return points;
}

function mean(readings: Reading[]): Reading {
  const last = readings.at(-1) as Reading;
  const seconds = readings.reduce((sum, one) => sum + one.seconds, 0);
  const of = (value: (one: Reading) => number) =>
    readings.reduce((sum, one) => sum + one.seconds * value(one), 0) / Math.max(seconds, 1);
  return {
    ...last,
    seconds,
    cpus: of((one) => one.cpus),
    load: of((one) => one.load),
    memory: BigInt(Math.round(of((one) => Number(one.memory)))),
    networkReceiveRate: of((one) => one.networkReceiveRate),
    networkSendRate: of((one) => one.networkSendRate),
    diskReadRate: of((one) => one.diskReadRate),
    diskWriteRate: of((one) => one.diskWriteRate),
    gpus: last.gpus.map((gpu) => {
      const those = readings.flatMap((one) => one.gpus.filter((each) => each.uuid === gpu.uuid));
      const average = (value: (one: GpuReading) => number) =>
        those.reduce((sum, one) => sum + value(one), 0) / those.length;
      return {
        ...gpu,
        utilisation: average((one) => one.utilisation),
        memoryUsed: BigInt(Math.round(average((one) => Number(one.memoryUsed)))),
        temperature: average((one) => one.temperature),
        power: average((one) => one.power),
      };
    }),
  };
}

export const time = (one: Reading): number => (one.time ? timestampMs(one.time) : 0);

function order(names: ReadonlyMap<string, string>, uuid: string): number {
  const index = [...names.keys()].indexOf(uuid);
  return index < 0 ? names.size : index;
}
