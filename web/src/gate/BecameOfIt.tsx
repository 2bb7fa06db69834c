// A gate at which nobody is asked now: who answered it and how, or why it is closed.
import { Alert, Anchor, Stack, Text } from "@mantine/core";
import { IconCheck, IconHistory, IconHourglass, IconPlayerPause, IconPlayerSkipForward } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import { Ago } from "../parts/Ago.tsx";
import { idOf } from "../parts/names.ts";
import type { Fate } from "./fate.ts";

interface Props {
  fate: Exclude<Fate, { kind: "open" }>;
  definition: string;
  /** Ids. */
  project: string;
  run: Run;
}

export function BecameOfIt(props: Props) {
  const { title, Sign, said } = words(props);
  return (
    <Stack gap="sm">
      <Alert variant="light" color="gray" icon={<Sign size={18} aria-hidden />} title={title} role="status">
        <Stack gap={6}>{said}</Stack>
      </Alert>
      <Anchor
        size="sm"
        renderRoot={(link) => (
          <Link
            {...link}
            to="/projects/$project"
            params={{ project: props.project }}
            search={{ run: idOf(props.run.name) }}
          />
        )}
      >
        To run {String(props.run.number)}
      </Anchor>
    </Stack>
  );
}

function words({ fate, definition, project, run }: Props): { title: string; Sign: typeof IconCheck; said: ReactNode } {
  switch (fate.kind) {
    case "answered":
      return {
        title: `${fate.by} has let ${definition} start`,
        Sign: IconCheck,
        said: (
          <>
            <Ago time={fate.time} />
            <Given environment={fate.environment} />
            <StageLink project={project} stage={fate.stage} />
          </>
        ),
      };
    case "skipped":
      return {
        title: `${definition} was skipped`,
        Sign: IconPlayerSkipForward,
        said: <Text size="sm">The run went on as if it had succeeded without doing anything.</Text>,
      };
    case "started":
      return {
        title: `${definition} has started`,
        Sign: IconCheck,
        said: <StageLink project={project} stage={fate.stage} />,
      };
    case "superseded":
      return {
        title: "A later run took this one’s place",
        Sign: IconHistory,
        said: <Text size="sm">Nobody is asked here any more. What the run made stays.</Text>,
      };
    case "ended":
      return {
        title: `Run ${run.number} has ${fate.succeeded ? "succeeded" : "failed"}`,
        Sign: IconHistory,
        said: <Text size="sm">It ended without {definition}.</Text>,
      };
    case "paused":
      return {
        title: "The run is paused",
        Sign: IconPlayerPause,
        said: (
          <Text size="sm">
            {fate.why || `${fate.by} has paused it`}. Resume it, and it asks here when {definition} has its turn.
          </Text>
        ),
      };
    case "not-yet":
      return {
        title: `It is not ${definition}’s turn`,
        Sign: IconHourglass,
        said: (
          <Text size="sm">Something before it is still under way. This page asks by itself when it is through.</Text>
        ),
      };
  }
}

function Given({ environment }: { environment: Readonly<Record<string, string>> }) {
  const entries = Object.entries(environment);
  if (entries.length === 0) return null;
  return (
    <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
      {entries.map(([name, value]) => `${name}=${value}`).join("\n")}
    </Text>
  );
}

function StageLink({ project, stage }: { project: string; stage: string }) {
  if (!stage) return <Text size="sm">It is about to start.</Text>;
  return (
    <Anchor
      size="sm"
      ff="monospace"
      renderRoot={(props) => (
        <Link {...props} to="/projects/$project/stages/$stage" params={{ project, stage: idOf(stage) }} />
      )}
    >
      {idOf(stage)}
    </Anchor>
  );
}
