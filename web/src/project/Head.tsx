// The head of a project's page: what it is, how it is and why, how far, and who is waited for.
import { Alert, Anchor, Badge, Box, Button, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { IconHandStop, IconTrash } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type Project, ProjectState } from "../api/winslow/v1/project_pb.ts";
import type { Gate, Run } from "../api/winslow/v1/run_pb.ts";
import { Ago } from "../parts/Ago.tsx";
import { idOf } from "../parts/names.ts";
import { ProjectMark } from "../parts/StateMark.tsx";
import { size } from "../parts/words.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { surely } from "../stage/useStageActions.tsx";
import { ProjectActions } from "./ProjectActions.tsx";
import { isUnchosen } from "./unchosen.ts";

export function Head({ project, runs }: { project: Project; runs: readonly Run[] }) {
  const id = idOf(project.name);
  return (
    <Stack gap={6}>
      <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/projects" />}>
        Projects
      </Anchor>
      <Group justify="space-between" align="flex-start">
        <Box flex={1} miw={260}>
          <Group gap="sm" align="center">
            <Title order={2} style={{ overflowWrap: "anywhere" }}>
              {project.displayName}
            </Title>
            <ProjectMark state={project.state} />
            {project.tags.map((tag) => (
              <Badge key={tag} variant="default" size="sm" tt="none">
                {tag}
              </Badge>
            ))}
          </Group>
          {project.description ? (
            <Text size="sm" mt={4} style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }} lineClamp={4}>
              {project.description}
            </Text>
          ) : null}
        </Box>
        <ProjectActions project={project} runs={runs} />
      </Group>
      <HowFar project={project} />
      <Known project={project} id={id} />
      {project.deleting ? (
        <Alert color="red" icon={<IconTrash size={18} aria-hidden />} title="It is being deleted">
          Its files go first, then its records; this page ends with them.
        </Alert>
      ) : null}
      {project.gates.map((gate) => (
        <Waited key={`${gate.run}/${gate.definition}`} gate={gate} project={id} />
      ))}
      {project.gates.length === 0 ? <Why project={project} /> : null}
    </Stack>
  );
}

function HowFar({ project }: { project: Project }) {
  const { progress, estimatedEndTime, state } = project;
  const under = state === ProjectState.RUNNING || state === ProjectState.AWAITING_INPUT;
  if (progress === undefined || (!under && progress === 1)) return null;
  return (
    <Group gap="sm" wrap="nowrap" maw={520}>
      <Progress value={100 * progress} flex={1} aria-label="Progress" />
      <Text size="sm">{Math.round(100 * progress)} %</Text>
      {estimatedEndTime && under ? (
        <Text size="sm">
          ends <Ago time={estimatedEndTime} />
        </Text>
      ) : null}
    </Group>
  );
}

function Known({ project, id }: { project: Project; id: string }) {
  const { author, createTime, participants, priority, quota, source, sourceVersion } = project;
  return (
    <Group gap="md" fz="sm" c="dimmed">
      <Text size="sm" span>
        by {author}, <Ago time={createTime} />
      </Text>
      {participants.length ? (
        <Text size="sm" span>
          with {participants.join(", ")}
        </Text>
      ) : null}
      <Anchor
        size="sm"
        renderRoot={(props) => <Link {...props} to="/projects/$project/pipeline" params={{ project: id }} />}
      >
        {isUnchosen(project) ? "Choose a pipeline" : "Pipeline"}
        {source ? `: ${idOf(source)}, version ${sourceVersion}` : ""}
      </Anchor>
      <Anchor
        size="sm"
        renderRoot={(props) => <Link {...props} to="/browse/$" params={{ _splat: `projects/${id}` }} />}
      >
        Files
      </Anchor>
      {priority ? (
        <Text size="sm" span>
          priority {priority}
        </Text>
      ) : null}
      {quota ? (
        <Text size="sm" span>
          quota {size(quota)}
        </Text>
      ) : null}
    </Group>
  );
}

function Waited({ gate, project }: { gate: Gate; project: string }) {
  return (
    <Alert color="orange" variant="light" icon={<IconHandStop size={18} aria-hidden />} title={gate.reason?.text}>
      <Group gap="md">
        <Button
          size="xs"
          renderRoot={(props) => (
            <Link
              {...props}
              to="/projects/$project/runs/$run/gates/$definition"
              params={{ project, run: idOf(gate.run), definition: gate.definition }}
            />
          )}
        >
          Look and answer
        </Button>
        <SkipGate gate={gate} />
        <Text size="sm">
          asked <Ago time={gate.since} />
        </Text>
      </Group>
    </Alert>
  );
}

function SkipGate({ gate }: { gate: Gate }) {
  const { runs } = useServices();
  const { act, busy } = useAct();
  const { run: name, definition } = gate;
  return (
    <Button
      size="xs"
      variant="default"
      disabled={busy}
      onClick={() =>
        surely(`Skip ${definition}?`, "The run goes on as if it had succeeded without doing anything.", "Skip it", () =>
          act(`Skip ${definition}`, (requestId) => runs.skipStage({ requestId, name, definition })),
        )
      }
    >
      Skip it
    </Button>
  );
}

function Why({ project }: { project: Project }) {
  if (!project.reason?.text) return null;
  const failed = project.state === ProjectState.FAILED;
  return (
    <Text size="sm" {...(failed ? { c: "red" } : {})} style={{ overflowWrap: "anywhere" }}>
      {project.reason.text}
    </Text>
  );
}
