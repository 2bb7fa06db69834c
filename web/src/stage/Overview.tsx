// The first side of an attempt's page: how it is and why, what came out, what it was given, and where it stands among the others.
import { Anchor, Box, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { WhyWaiting } from "../nodes/WhyWaiting.tsx";
import { idOf } from "../parts/names.ts";
import { StageMark } from "../parts/StateMark.tsx";
import { madeAt } from "../project/shape/stale.ts";
import type { Around } from "./actions.ts";
import { Facts, StageLink } from "./Facts.tsx";
import { Given } from "./Given.tsx";
import { ResultsTable } from "./ResultsTable.tsx";
import { attemptBefore } from "./results.ts";
import { isWaiting } from "./spans.ts";
import { Timeline } from "./Timeline.tsx";
import { useOthers } from "./useOthers.ts";
import { Wrong } from "./Wrong.tsx";

export function Overview(around: Around) {
  const { stage, run } = around;
  const others = useOthers(stage);
  const before = useMemo(() => attemptBefore(stage, others.values()), [stage, others]);
  return (
    <Stack gap="md">
      {isWaiting(stage.state) || stage.suspect ? (
        <Part title={stage.suspect ? "Its node is silent" : "Why it waits"}>
          <WhyWaiting stage={stage.name} />
        </Part>
      ) : null}
      <Wrong {...around} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Part title="How it is">
          <Facts stage={stage} run={run} />
        </Part>
        <Stack gap="md">
          <Part title="Its way">
            <Timeline stage={stage} />
          </Part>
          <Part title="Results" beside={before ? <CompareLink stage={stage} before={before} /> : undefined}>
            <ResultsTable stage={stage.name} before={before?.name} />
          </Part>
        </Stack>
        <Part title="What it was given">
          <Given definition={stage.definition} />
        </Part>
        <Part title="Beside and after it">
          <Kin stage={stage} others={others} />
        </Part>
      </SimpleGrid>
    </Stack>
  );
}

export function Part({ title, beside, children }: { title: string; beside?: ReactNode; children: ReactNode }) {
  return (
    <Paper withBorder p="md" component="section" h="100%">
      <Group justify="space-between" mb="xs">
        <Title order={3} size="h5">
          {title}
        </Title>
        {beside}
      </Group>
      {children}
    </Paper>
  );
}

export function CompareLink({ stage, before }: { stage: Stage; before: Stage }) {
  const project = stage.name.split("/")[1] ?? "";
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => (
        <Link
          {...props}
          to="/projects/$project/compare"
          params={{ project }}
          search={{ before: idOf(before.name), after: idOf(stage.name) }}
        />
      )}
    >
      Compare with {idOf(before.name)}
    </Anchor>
  );
}

/** Attempts at the same definition, and what was made from this one. */
function Kin({ stage, others }: { stage: Stage; others: ReadonlyMap<string, Stage> }) {
  const name = stage.definition?.name;
  const every = [...others.values()].sort((one, other) => madeAt(other) - madeAt(one));
  const same = every.filter((other) => other.definition?.name === name && other.name !== stage.name);
  const after = every.filter(
    (other) => other.parent === stage.name || Object.values(other.joined).includes(stage.name),
  );
  return (
    <Stack gap="sm">
      <Kind title={`Other attempts at ${name}`} stages={same} none="It is the only one" />
      <Kind title="Made from it" stages={after} none="Nothing was made from it" />
    </Stack>
  );
}

const MOST = 12;

function Kind({ title, stages, none }: { title: string; stages: readonly Stage[]; none: string }) {
  return (
    <Box>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      {stages.length === 0 ? (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      ) : null}
      {stages.slice(0, MOST).map((other) => (
        <Group key={other.name} gap="sm" justify="space-between">
          <StageLink name={other.name} />
          <StageMark state={other.state} />
        </Group>
      ))}
      {stages.length > MOST ? <Text size="sm">and {stages.length - MOST} earlier ones</Text> : null}
    </Box>
  );
}
