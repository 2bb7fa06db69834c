// What the cluster did: when it was busy, for whom, what was waited for, and how much of it went on without anybody.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Group, SegmentedControl, Select, SimpleGrid, Stack, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { type GetStatisticsResponse, StatisticsGroup } from "../api/winslow/v1/statistics_service_pb.ts";
import { useTable } from "../live/Live.tsx";
import { useStirred } from "../live/useStirred.ts";
import { Awaited } from "../parts/Awaited.tsx";
import { Empty } from "../parts/Empty.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { duration } from "../parts/words.ts";
import { useServices } from "../rpc/Rpc.tsx";
import {
  computingOf,
  gridOf,
  isSpan,
  percent,
  type Shown,
  SPAN_WORDS,
  SPANS,
  type Span,
  secondsOf,
  startsOf,
  type Working,
  workingOf,
} from "./figures.ts";
import { Shares } from "./Shares.tsx";
import { Tile } from "./Tile.tsx";
import { Waits } from "./Waits.tsx";
import { Week } from "./Week.tsx";
import { WorkingHours } from "./WorkingHours.tsx";

const route = getRouteApi("/statistics");
const DAY = 86_400_000;
const PAUSE = 20_000;
const GROUPS = { project: "Projects", user: "Users", node: "Nodes", gpu: "GPUs" } as const;
type GroupBy = keyof typeof GROUPS;
const ASKED: Record<GroupBy, StatisticsGroup> = {
  project: StatisticsGroup.PROJECT,
  user: StatisticsGroup.USER,
  node: StatisticsGroup.NODE,
  gpu: StatisticsGroup.GPU,
};
const SHOWN: Record<Shown, string> = {
  running: "Running",
  byHand: "Begun by hand",
  byWinslow: "By Winslow",
};

export function Statistics() {
  usePageTitle("Statistics");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const span: Span = isSpan(search.span) ? search.span : "30d";
  const group: GroupBy = search.group && search.group in GROUPS ? (search.group as GroupBy) : "project";
  const working = workingOf(search.work);
  const change = (next: Record<string, string | undefined>) =>
    void navigate({ search: clean({ ...search, ...next }), replace: true });
  const found = useFigures(span, group, search.project);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={2}>Statistics</Title>
        <Group gap="sm">
          <ProjectChoice value={search.project} onChange={(project) => change({ project })} />
          <SegmentedControl
            aria-label="Period"
            size="xs"
            value={span}
            onChange={(value) => change({ span: value })}
            data={Object.entries(SPAN_WORDS).map(([value, label]) => ({ value, label }))}
          />
        </Group>
      </Group>
      {found.error ? <ProblemNote error={found.error} again={() => void found.refetch()} /> : null}
      {found.data ? (
        <Figures
          answer={found.data}
          working={working}
          group={group}
          onGroup={(value) => change({ group: value })}
          onWorking={(work) => change({ work })}
        />
      ) : found.error ? null : (
        <Awaited what="The figures are being summed up" />
      )}
    </Stack>
  );
}

/** Asked again a while after projects have changed: figures are no news of the second. */
function useFigures(span: Span, group: GroupBy, project: string | undefined) {
  const { statistics } = useServices();
  const found = useQuery({
    queryKey: ["statistics", span, group, project],
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      statistics.getStatistics(
        {
          startTime: timestampFromMs(Date.now() - SPANS[span] * DAY),
          group: ASKED[group],
          timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          project: project ?? "",
        },
        { signal },
      ),
  });
  useStirred(useTable("project"), () => void found.refetch(), PAUSE);
  return found;
}

interface FiguresProps {
  answer: GetStatisticsResponse;
  working: Working;
  group: GroupBy;
  onGroup: (group: GroupBy) => void;
  onWorking: (work: string) => void;
}

function Figures({ answer, working, group, onGroup, onWorking }: FiguresProps) {
  const [shown, setShown] = useState<Shown>("running");
  const starts = startsOf(answer.hours, working);
  const computing = computingOf(answer);
  const people = answer.waits.find(({ code }) => code === "AWAITING_INPUT");
  if (starts.all === 0 && computing.stages === 0) {
    return <Empty title="Nothing ran in this time">Choose a longer one, or start something.</Empty>;
  }
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }}>
        <Tile label="Stages started" value={starts.all.toLocaleString()} />
        <Tile label="Started by Winslow" value={percent(starts.byWinslow, starts.all)} note="nobody had to be there" />
        <Tile label="Outside working hours" value={percent(starts.outside, starts.all)} note="of all starts" />
        <Tile
          label="Computing"
          value={duration(computing.seconds)}
          note={computing.gpuSeconds ? `${duration(computing.gpuSeconds)} of GPUs` : "no GPUs"}
        />
        <Tile
          label="A person was waited for"
          value={duration(secondsOf(people?.total))}
          note={people ? `at most ${duration(secondsOf(people.longest))}` : "never"}
        />
      </SimpleGrid>
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={3} size="h5">
            Hours of the week
          </Title>
          <Group gap="sm">
            <WorkingHours working={working} onChange={onWorking} />
            <SegmentedControl
              aria-label="What the hours show"
              size="xs"
              value={shown}
              onChange={(value) => setShown(value as Shown)}
              data={Object.entries(SHOWN).map(([value, label]) => ({ value, label }))}
            />
          </Group>
        </Group>
        <Week
          label={SHOWN[shown]}
          grid={gridOf(answer.hours, shown)}
          working={working}
          unit={shown === "running" ? "stages at a time" : "starts"}
        />
      </Stack>
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={3} size="h5">
            Hours of computing
          </Title>
          <SegmentedControl
            aria-label="Computing by"
            size="xs"
            value={group}
            onChange={(value) => onGroup(value as GroupBy)}
            data={Object.entries(GROUPS).map(([value, label]) => ({ value, label }))}
          />
        </Group>
        <Shares shares={answer.shares} />
      </Stack>
      <Stack gap="xs">
        <Title order={3} size="h5">
          What was waited for
        </Title>
        <Waits waits={answer.waits} />
      </Stack>
    </Stack>
  );
}

function ProjectChoice({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange: (project: string | undefined) => void;
}) {
  const projects = useTable("project");
  const data = [...projects.values()].map(({ name, displayName }) => ({ value: name, label: displayName || name }));
  return (
    <Select
      aria-label="Of which project"
      placeholder="All projects"
      size="xs"
      searchable
      clearable
      limit={50}
      data={data.sort((one, other) => one.label.localeCompare(other.label))}
      value={value ?? null}
      onChange={(project) => onChange(project ?? undefined)}
    />
  );
}

/** Without what is not said, so that the address stays short. */
function clean(search: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(search).flatMap(([key, value]) => (value ? [[key, value]] : [])));
}
