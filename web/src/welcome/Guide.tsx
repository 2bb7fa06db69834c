// Leads a newcomer through the example, one line at a time over whichever page is shown; it is put away with one click.
import { Button, CloseButton, Group, Paper, Text } from "@mantine/core";
import { IconCircle, IconCircleCheck } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { useDetails, useResource, useTable } from "../live/Live.tsx";
import { projectName } from "../parts/names.ts";
import { type GuideStep, guide, next } from "./guide.ts";
import { end } from "./remembered.ts";

const COMPARED = "winslow.compared";

export function Guide({ project }: { project: string }) {
  const there = useResource("project", projectName(project));
  // Somebody may have deleted it, or it is another cluster's.
  return there && !there.deleting && there.latestRun ? <Led project={project} /> : null;
}

function Led({ project }: { project: string }) {
  useDetails(projectName(project));
  const compared = useCompared(project);
  const [runs, stages] = [useTable("run"), useTable("stage")];
  const steps = useMemo(() => {
    const its = ({ name }: { name: string }) => name.startsWith(`${projectName(project)}/`);
    return guide({ project, runs: [...runs.values()].filter(its), stages: [...stages.values()].filter(its), compared });
  }, [project, runs, stages, compared]);
  if (runs.size === 0) return null;
  const now = next(steps);
  return (
    <Paper withBorder px="sm" py={6} mb="sm" component="aside" aria-label="Guide through the example">
      <Group gap="sm" justify="space-between" wrap="nowrap">
        <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
          <Dots steps={steps} />
          <Text size="sm" aria-live="polite">
            {now ? (
              <>
                <b>{now.word}.</b> {now.text}
              </>
            ) : (
              <>
                <b>That was it.</b> Now begin with your own video.
              </>
            )}
          </Text>
        </Group>
        <Group gap={4} wrap="nowrap">
          <Next now={now} />
          <CloseButton size="sm" aria-label="Put the guide away" onClick={end} />
        </Group>
      </Group>
    </Paper>
  );
}

function Next({ now }: { now: GuideStep | undefined }) {
  const { pathname } = useLocation();
  if (!now) {
    return (
      <Button component={Link} to="/projects/new" size="compact-sm" onClick={end}>
        New project
      </Button>
    );
  }
  if (!now.way || now.way.to === pathname) return null;
  return (
    <Button
      size="compact-sm"
      variant="light"
      renderRoot={(props) => <Link to={now.way?.to as string} search={(now.way?.search ?? {}) as never} {...props} />}
    >
      {now.action}
    </Button>
  );
}

function Dots({ steps }: { steps: readonly GuideStep[] }) {
  const done = steps.filter((step) => step.done).length;
  return (
    <Group gap={2} wrap="nowrap" role="img" aria-label={`${done} of ${steps.length} done`} visibleFrom="xs">
      {steps.map((step) => {
        const Icon = step.done ? IconCircleCheck : IconCircle;
        return (
          <Text key={step.word} c={step.done ? "teal" : "dimmed"} span lh={0} title={step.word}>
            <Icon size={16} aria-hidden />
          </Text>
        );
      })}
    </Group>
  );
}

/** Whether this browser has shown the comparison. */
function useCompared(project: string): boolean {
  const { pathname } = useLocation();
  const there = pathname === `/projects/${project}/compare`;
  const [compared, setCompared] = useState(() => kept(project));
  useEffect(() => {
    if (!there) return;
    keep(project);
    setCompared(true);
  }, [there, project]);
  return compared;
}

function kept(project: string): boolean {
  try {
    return localStorage.getItem(COMPARED) === project;
  } catch {
    return false;
  }
}

function keep(project: string): void {
  try {
    localStorage.setItem(COMPARED, project);
  } catch {
    // a browser that keeps nothing
  }
}
