// What a node uses: the past by the minute, the present by the second, and one line through both.

import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Node, Reading } from "../api/winslow/v1/node_pb.ts";
import { Plot } from "../charts/Plot.tsx";
import { useReadings } from "../live/Live.tsx";
import { Empty } from "../parts/Empty.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { gpuNames } from "./capacity.ts";
import { chartsOf, merged, POINTS, SPAN_WORDS, SPANS, type Span, time, widthOf } from "./curves.ts";
import classes from "./nodes.module.css";
import { useGathered } from "./useLiveReading.ts";

interface Props {
  node: Node;
  span: Span;
  onSpan: (span: Span) => void;
}

export function NodeCharts({ node, span, onSpan }: Props) {
  const { data: past, error, isPending, isPlaceholderData, refetch } = usePast(node.name, span);
  const live = useGathered(node.name, useReadings(node.name));
  const names = useMemo(() => gpuNames(node.capacity), [node.capacity]);
  const charts = useMemo(() => {
    const latest = live.at(-1) ?? past?.at(-1);
    const from = (latest ? time(latest) : 0) - 1000 * SPANS[span];
    return chartsOf(merged(past ?? [], live, from, widthOf(span)), names);
  }, [past, live, span, names]);
  const any = charts[0]?.curves[0]?.points.length;
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="How far back"
        size="xs"
        w="fit-content"
        maw="100%"
        data={Object.entries(SPAN_WORDS).map(([value, label]) => ({ value, label }))}
        value={span}
        onChange={(value) => onSpan(value as Span)}
      />
      {error ? <ProblemNote error={error} again={() => void refetch()} /> : null}
      {any ? (
        <div className={classes.charts} aria-busy={isPlaceholderData}>
          {charts.map(({ title, unit, curves }) => (
            <Plot key={title} title={title} unit={unit} series={curves} time height={170} />
          ))}
        </div>
      ) : isPending ? (
        <Skeleton height={180} role="status" aria-label="Loading what was measured" />
      ) : error ? null : (
        <Empty title="Nothing was measured yet">What the node uses is kept by the minute, for 31 days.</Empty>
      )}
      <Text size="xs">
        {span === "now"
          ? "The last ten minutes: by the minute, then each second while this page is open."
          : "Means of what was measured, going on live."}
      </Text>
    </Stack>
  );
}

/** Kept readings since the span began, asked for once; what comes after is live. */
function usePast(name: string, span: Span) {
  const { nodes } = useServices();
  return useQuery({
    queryKey: ["readings", name, span],
    queryFn: async ({ signal }) => {
      const startTime = timestampFromMs(Date.now() - 1000 * SPANS[span]);
      const readings: Reading[] = [];
      let pageToken = "";
      do {
        const page = await nodes.listReadings(
          { name, startTime, maxPoints: POINTS, pageSize: 1000, pageToken },
          { signal },
        );
        readings.push(...page.readings);
        pageToken = page.nextPageToken;
      } while (pageToken);
      return readings;
    },
    placeholderData: (before, query) => (query?.queryKey[1] === name ? keepPreviousData(before) : undefined),
    staleTime: 30_000,
    gcTime: 60_000,
  });
}
