// What a stage used while it ran, minute by minute, and second by second while one looks.
import { Skeleton, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import type { Reading } from "../api/winslow/v1/node_pb.ts";
import { type Chart, chartsOf, merged, time } from "../nodes/curves.ts";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import type { Services } from "../rpc/services.ts";
import { Plot } from "./Plot.tsx";
import classes from "./StageCharts.module.css";

const NO_NAMES = new Map<string, string>();

interface Props {
  stages: readonly string[];
  /** What was told of the first one while one looked. */
  live: readonly Reading[];
  /** Changes when it has ended: then all of it is kept. */
  ended: boolean;
}

export function UseCharts({ stages, live, ended }: Props) {
  const { stages: calls } = useServices();
  const kept = useQueries({
    queries: stages.map((name, place) => ({
      queryKey: ["stage-readings", name, place === 0 && ended],
      queryFn: ({ signal }: { signal: AbortSignal }) => readingsOf(calls, name, signal),
    })),
  });
  const attempts = stages.map((name, place) => {
    const past = kept[place]?.data ?? [];
    return { label: idOf(name), readings: place === 0 ? merged(past, live, 0, 1) : past };
  });
  const charts = overlaid(attempts);
  const error = kept.find((one) => one.error)?.error;
  if (error) return <ProblemNote error={error} again={() => void kept.map((one) => one.refetch())} />;
  if (charts.length === 0) {
    return kept.some((one) => one.isPending) ? (
      <Skeleton height={160} aria-label="Loading what was measured" />
    ) : (
      <Text size="sm">Nothing was measured yet: what a stage uses is kept by the minute.</Text>
    );
  }
  const several = stages.length > 1;
  return (
    <div className={classes.grid}>
      {charts.map(({ title, unit, curves }) => (
        <Plot
          key={title}
          title={title}
          unit={unit}
          series={curves}
          height={160}
          time={!several}
          over="seconds since it began"
          {...(several ? {} : { group: "stage" })}
        />
      ))}
    </div>
  );
}

/** The charts of all attempts as one set; those of several begin together. */
export function overlaid(attempts: readonly { label: string; readings: readonly Reading[] }[]): Chart[] {
  const several = attempts.length > 1;
  const charts = new Map<string, Chart>();
  for (const { label, readings } of attempts) {
    if (readings.length === 0) continue;
    const began = time(readings[0] as Reading);
    for (const chart of chartsOf(readings, NO_NAMES)) {
      const curves = chart.curves
        .filter((curve) => curve.label !== "load" && curve.points.some(({ y }) => y))
        .map((curve) => ({
          label: several ? `${label}, ${curve.label}` : curve.label,
          points: several ? curve.points.map(({ x, y }) => ({ x: (x - began) / 1000, y })) : curve.points,
        }));
      const known = charts.get(chart.title);
      if (known) known.curves.push(...curves);
      else charts.set(chart.title, { ...chart, curves });
    }
  }
  return [...charts.values()].filter((chart) => chart.curves.length > 0);
}

async function readingsOf(calls: Services["stages"], name: string, signal: AbortSignal): Promise<Reading[]> {
  const readings: Reading[] = [];
  let pageToken = "";
  do {
    const page = await calls.listStageReadings({ name, pageSize: 1000, pageToken }, { signal });
    readings.push(...page.readings);
    pageToken = page.nextPageToken;
  } while (pageToken && readings.length < 50_000);
  return readings;
}
