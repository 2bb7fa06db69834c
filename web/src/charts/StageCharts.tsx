// Charts of a stage: what its log and its tables say, beside what it used, over the same of other attempts.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Stack, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useReadings } from "../live/Live.tsx";
import { useGathered } from "../nodes/useLiveReading.ts";
import { useStage } from "../stage/useStage.ts";
import { LogCharts } from "./LogCharts.tsx";
import { useSpecs } from "./specs.ts";
import { TableCharts } from "./TableCharts.tsx";
import { UseCharts } from "./UseCharts.tsx";

export interface StageChartsProps {
  /** `projects/P/stages/S`. */
  stage: string;
  /** Other attempts to lay over it, by name. */
  others?: readonly string[] | undefined;
}

const NONE: readonly string[] = [];
/** Milliseconds between two looks at a log that grows. */
const PACE = 2_000;

export function StageCharts({ stage: name, others = NONE }: StageChartsProps) {
  const { stage } = useStage(name);
  const reading = useReadings(name);
  const live = useGathered(name, reading);
  const parsers = stage?.definition?.logParsers ?? [];
  const [specs, change] = useSpecs(
    stage?.definition?.name ?? "",
    parsers.map((parser) => parser.pattern),
  );
  if (!stage) return null;
  const ended = Boolean(stage.endTime);
  const stages = [name, ...others.filter((other) => other !== name)];
  // What measures it tells each second that it still runs: then there may be more in its log, and once more when it has ended.
  const wake = Math.floor((reading?.time ? timestampMs(reading.time) : 0) / PACE) + (ended ? 0.5 : 0);
  return (
    <Stack gap="lg">
      <Part title="From the log">
        <LogCharts
          stages={stages}
          specs={specs.logs}
          parsers={parsers}
          wake={wake}
          onChange={(logs) => change({ logs })}
        />
      </Part>
      <Part title="From tables">
        <TableCharts stages={stages} specs={specs.tables} ended={ended} onChange={(tables) => change({ tables })} />
      </Part>
      <Part title="What it used">
        <UseCharts stages={stages} live={live} ended={ended} />
      </Part>
    </Stack>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack gap="sm" component="section" aria-label={title}>
      <Title order={3} size="h5">
        {title}
      </Title>
      {children}
    </Stack>
  );
}
