// Why an attempt did not succeed, and what to do about it: said first by its cause, then in the cluster's own words.
import { Alert, Anchor, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Cause, type Stage } from "../api/winslow/v1/stage_pb.ts";
import { idOf, projectOf } from "../parts/names.ts";
import { writeSize } from "../start/sizes.ts";
import type { Around } from "./actions.ts";
import { isLatestInRun } from "./actions.ts";
import { adviceFor, type Way } from "./advice.ts";
import { useStageActions } from "./useStageActions.tsx";

export function Wrong({ stage, project, run }: Pick<Around, "stage" | "project" | "run">) {
  const { perform, busy } = useStageActions({ stage, project, run });
  const advice = adviceFor(stage, run?.hold !== undefined && isLatestInRun(stage, run));
  if (!advice) return null;
  const told = stage.outcome?.message || stage.reason?.text;
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />} title={advice.said}>
      {told ? (
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {told}
          {stage.outcome?.exitCode !== undefined ? ` (exit code ${stage.outcome.exitCode})` : ""}
        </Text>
      ) : null}
      <Group gap="sm" mt="xs">
        {advice.steps.map(({ word, way }) =>
          way === "resume" ? (
            <Button key={way} size="compact-sm" variant="default" disabled={busy} onClick={() => perform("retry")}>
              {word}
            </Button>
          ) : (
            <Step key={way} way={way} stage={stage}>
              {word}
            </Step>
          ),
        )}
      </Group>
    </Alert>
  );
}

type Props = Record<string, unknown>;

function Step({ way, stage, children }: { way: Exclude<Way, "resume">; stage: Stage; children: ReactNode }) {
  const project = projectOf(stage.name);
  const at = { project, stage: idOf(stage.name) };
  const redo = { redo: at.stage, ...moreMemory(stage) };
  const places: Record<Exclude<Way, "resume">, (props: Props) => ReactNode> = {
    redo: (props) => <Link {...props} to="/projects/$project/start" params={{ project }} search={redo} />,
    log: (props) => <Link {...props} to="/projects/$project/stages/$stage" params={at} search={{ tab: "log" }} />,
    definition: (props) => <Link {...props} to="/projects/$project/pipeline" params={{ project }} />,
    files: (props) => <Link {...props} to="/browse/$" params={{ _splat: `projects/${project}` }} />,
    quota: (props) => <Link {...props} to="/projects/$project" params={{ project }} search={{ tab: "details" }} />,
    node: (props) => <Link {...props} to="/nodes/$node" params={{ node: idOf(stage.node ?? "") }} />,
  };
  return (
    <Anchor size="sm" c="inherit" underline="always" renderRoot={places[way]}>
      {children}
    </Anchor>
  );
}

/** Twice as much, to begin with; the form shows it, to be changed. */
function moreMemory(stage: Stage): { memory?: string } {
  const memory = stage.definition?.resources?.memory ?? 0n;
  return stage.outcome?.cause === Cause.OUT_OF_MEMORY && memory > 0n ? { memory: writeSize(2n * memory) } : {};
}
