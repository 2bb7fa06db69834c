// One attempt beside the tree: the essentials, what can be done with it, and the ways to the rest.
import { ActionIcon, Anchor, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { idOf } from "../parts/names.ts";
import { StageMark } from "../parts/StateMark.tsx";
import { type Around, droppedFrom } from "../stage/actions.ts";
import { Facts } from "../stage/Facts.tsx";
import { ResultsTable } from "../stage/ResultsTable.tsx";
import { attemptBefore } from "../stage/results.ts";
import { Signs } from "../stage/Signs.tsx";
import { StageActions } from "../stage/StageActions.tsx";
import { Wrong } from "../stage/Wrong.tsx";
import { titleOf } from "../stage/words.ts";
import type { Attempts } from "./useAttempts.ts";

const WAYS = [
  ["overview", "All about it"],
  ["log", "Log"],
  ["charts", "Charts"],
  ["files", "Files"],
  ["environment", "Environment"],
] as const;

interface Props extends Around {
  attempts: Attempts;
  stale: boolean;
  close: () => void;
}

export function StagePanel({ attempts, stale, close, ...around }: Props) {
  const { stage, project } = around;
  const before = attemptBefore(stage, attempts.stages.values());
  return (
    <Paper withBorder p="md" component="section" aria-label={titleOf(stage)}>
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <div>
            <Title order={3} size="h4" style={{ overflowWrap: "anywhere" }}>
              {titleOf(stage)}
            </Title>
            <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: "anywhere" }}>
              {idOf(stage.name)}
            </Text>
          </div>
          <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={close}>
            <IconX size={18} aria-hidden />
          </ActionIcon>
        </Group>
        <StageMark state={stage.state} />
        <Signs stage={stage} flags={{ stale, dropped: droppedFrom(project, stage) }} words />
        <Wrong {...around} />
        <StageActions {...around} />
        <Group gap="md" component="nav" aria-label="Pages of the attempt">
          {WAYS.map(([tab, word]) => (
            <Anchor
              key={tab}
              size="sm"
              renderRoot={(props) => (
                <Link
                  {...props}
                  to="/projects/$project/stages/$stage"
                  params={{ project: idOf(project.name), stage: idOf(stage.name) }}
                  search={tab === "overview" ? {} : { tab }}
                />
              )}
            >
              {word}
            </Anchor>
          ))}
        </Group>
        <Facts {...around} brief />
        {Object.keys(stage.results).length ? <ResultsTable stage={stage.name} before={before?.name} /> : null}
      </Stack>
    </Paper>
  );
}
