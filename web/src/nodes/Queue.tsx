// What waits across the cluster and why, and what runs and holds what they wait for.
import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  Grid,
  Group,
  Paper,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { IconSearch, IconX } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useDeferredValue, useMemo } from "react";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { useTable } from "../live/Live.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf, projectOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { type Column, VirtualTable } from "../parts/VirtualTable.tsx";
import {
  asksColumn,
  nameIn,
  nodeColumn,
  type Projects,
  sinceColumn,
  stageColumn,
  stateColumn,
} from "./stageColumns.tsx";
import { useStages } from "./useStages.ts";
import { WhyWaiting } from "./WhyWaiting.tsx";
import { inOrder, lookedThrough, waits } from "./waiting.ts";

const route = getRouteApi("/queue");
const SHOWN = [
  { value: "", label: "All" },
  { value: "waiting", label: "Waiting" },
  { value: "running", label: "Running" },
];

export function Queue() {
  usePageTitle("Queue");
  const { text, show, why } = route.useSearch();
  const navigate = route.useNavigate();
  const projects = useTable("project");
  const { stages, more, pending, error, again } = useStages();
  const wanted = useDeferredValue(text ?? "");
  const shown = useMemo(() => {
    const priorityOf = (id: string) => projects.get(`projects/${id}`)?.priority ?? 0;
    return inOrder(lookedThrough(stages, { text: wanted, show }, nameIn(projects)), priorityOf);
  }, [stages, wanted, show, projects]);
  const columns = useMemo(() => columnsFor(projects), [projects]);
  const change = useCallback(
    (part: { text?: string; show?: string; why?: string }) => {
      const said = (before: object) => Object.entries({ ...before, ...part }).filter(([, value]) => value);
      void navigate({ search: (before) => Object.fromEntries(said(before)), replace: true });
    },
    [navigate],
  );
  const waiting = stages.filter(waits).length;
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Group gap="sm" align="baseline">
          <Title order={2}>Queue</Title>
          {pending ? null : (
            <Text size="sm" role="status">
              {waiting} {waiting === 1 ? "waits" : "wait"}, {stages.length - waiting}{" "}
              {stages.length - waiting === 1 ? "runs" : "run"}
              {more ? "; more are not listed" : ""}
            </Text>
          )}
        </Group>
        <Group gap="sm">
          <SegmentedControl
            aria-label="Which stages"
            data={SHOWN}
            value={SHOWN.some(({ value }) => value === show) ? (show ?? "") : ""}
            onChange={(show) => change({ show })}
          />
          <TextInput
            aria-label="Find stages by project, name, author, node or reason"
            placeholder="Project, stage, node, reason"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={text ?? ""}
            onChange={(event) => change({ text: event.currentTarget.value })}
          />
        </Group>
      </Group>
      {error ? <ProblemNote error={error} again={again} /> : null}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: why ? 7 : 12 }} order={{ base: 2, md: 1 }}>
          {shown.length ? (
            <VirtualTable
              label="Stages that wait and run"
              items={shown}
              columns={columns}
              keyOf={(stage) => stage.name}
              nameOf={(stage) => `${stage.definition?.name} of ${nameIn(projects)(projectOf(stage.name))}`}
              rowHeight={56}
              onOpen={(stage) =>
                waits(stage)
                  ? change({ why: stage.name === why ? "" : stage.name })
                  : void navigate({
                      to: "/projects/$project/stages/$stage",
                      params: { project: projectOf(stage.name), stage: idOf(stage.name) },
                      search: {},
                    })
              }
            />
          ) : pending ? (
            <Skeleton height={240} role="status" aria-label="Loading the queue" />
          ) : error ? null : (
            <Nothing any={stages.length > 0} clear={() => change({ text: "", show: "" })} />
          )}
        </Grid.Col>
        {why ? (
          <Grid.Col span={{ base: 12, md: 5 }} order={{ base: 1, md: 2 }}>
            <Why stage={why} projects={projects} close={() => change({ why: "" })} />
          </Grid.Col>
        ) : null}
      </Grid>
    </Stack>
  );
}

function Why({ stage, projects, close }: { stage: string; projects: Projects; close: () => void }) {
  const project = projectOf(stage);
  return (
    <Paper withBorder p="md" component="section" aria-label="Why it waits">
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Stack gap={0} miw={0}>
            <Title order={3} size="h5">
              Why it waits
            </Title>
            <Group gap={6}>
              <Anchor
                size="sm"
                renderRoot={(props) => (
                  <Link to="/projects/$project/stages/$stage" params={{ project, stage: idOf(stage) }} {...props} />
                )}
              >
                {idOf(stage)}
              </Anchor>
              <Text size="sm">of</Text>
              <Anchor
                size="sm"
                renderRoot={(props) => <Link to="/projects/$project" params={{ project }} {...props} />}
              >
                {nameIn(projects)(project)}
              </Anchor>
            </Group>
          </Stack>
          <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={close}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </Group>
        <WhyWaiting key={stage} stage={stage} />
      </Stack>
    </Paper>
  );
}

function Nothing({ any, clear }: { any: boolean; clear: () => void }) {
  return any ? (
    <Empty
      title="No stage is like that"
      action={
        <Button variant="default" onClick={clear}>
          Show all
        </Button>
      }
    />
  ) : (
    <Empty title="Nothing waits and nothing runs">Stages are here from when they are made until they have ended.</Empty>
  );
}

function columnsFor(projects: Projects): Column<Stage>[] {
  return [
    stageColumn(projects),
    stateColumn,
    {
      key: "why",
      header: "Why it waits",
      width: "minmax(8rem, 2.4fr)",
      from: 700,
      cell: (stage) =>
        waits(stage) ? (
          <Text size="sm" truncate title={stage.reason?.text}>
            {stage.reason?.text}
          </Text>
        ) : null,
    },
    sinceColumn,
    {
      key: "priority",
      header: "Priority",
      width: "70px",
      from: 900,
      cell: (stage) => {
        const priority = projects.get(`projects/${projectOf(stage.name)}`)?.priority ?? 0;
        return priority ? <Badge variant="default">{priority}</Badge> : null;
      },
    },
    asksColumn,
    nodeColumn,
  ];
}
