// One run: how it is and why, what it began with, its attempts, and what people say about it.
import { ActionIcon, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { type Run, RunMode } from "../api/winslow/v1/run_pb.ts";
import { useResource } from "../live/Live.tsx";
import { Ago } from "../parts/Ago.tsx";
import { RunMark, StageMark } from "../parts/StateMark.tsx";
import { StageLink } from "../stage/Facts.tsx";
import { Comments } from "./Comments.tsx";
import type { Attempts } from "./useAttempts.ts";

interface Props {
  run: Run;
  attempts: Attempts;
  close: () => void;
}

export function RunPanel({ run, attempts, close }: Props) {
  const live = useResource("run", run.name) !== undefined;
  const tries = Object.values(run.attempts).flatMap(({ stages }) => stages);
  return (
    <Paper withBorder p="md" component="section" aria-label={`Run ${run.number}`}>
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap">
          <Title order={3} size="h4">
            Run {String(run.number)}
          </Title>
          <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={close}>
            <IconX size={18} aria-hidden />
          </ActionIcon>
        </Group>
        <RunMark state={run.state} />
        {run.reason?.text ? <Text size="sm">{run.reason.text}</Text> : null}
        <Text size="sm">
          {run.author} began it <Ago time={run.createTime} /> at {run.start.join(", ")}
          {run.parent ? (
            <>
              {" from "}
              <StageLink name={run.parent} />
            </>
          ) : null}
          {run.mode === RunMode.ONE_STAGE ? ", to pause after that" : ""}
          {run.endTime ? (
            <>
              ; it ended <Ago time={run.endTime} />
            </>
          ) : null}
        </Text>
        {run.comment ? (
          <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            “{run.comment}”
          </Text>
        ) : null}
        {tries.length ? (
          <div>
            <Title order={4} size="h6">
              Attempts
            </Title>
            {tries.map((name) => (
              <Group key={name} gap="sm" justify="space-between">
                <StageLink name={name} />
                {attempts.stages.has(name) ? <StageMark state={attempts.stages.get(name)?.state ?? 0} /> : null}
              </Group>
            ))}
          </div>
        ) : null}
        <Title order={4} size="h6">
          Comments
        </Title>
        <Comments run={run.name} live={live} />
      </Stack>
    </Paper>
  );
}
