// Start, pause, resume, abort: of a project as a whole. What fits its state stands first.
import { Button, Group, Modal } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { type Run, RunMode } from "../api/winslow/v1/run_pb.ts";
import { idOf } from "../parts/names.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { ActionMenu } from "../stage/StageActions.tsx";
import { surely } from "../stage/useStageActions.tsx";
import { type ProjectActionKey, projectActions } from "./actions.ts";
import { Sure } from "./DeleteProject.tsx";

const FIRST: readonly ProjectActionKey[] = ["resume", "pause", "start", "abort"];

/** `runs` are those that have not ended. */
export function ProjectActions({ project, runs }: { project: Project; runs: readonly Run[] }) {
  const services = useServices();
  const { act, busy } = useAct();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const actions = projectActions(project, runs);
  const name = `${project.name}/runs/-`;
  const resume = (mode: RunMode) => act("Resume", (requestId) => services.runs.resumeRun({ requestId, name, mode }));
  const does: Record<ProjectActionKey, () => unknown> = {
    start: () => navigate({ to: "/projects/$project/start", params: { project: idOf(project.name) } }),
    pause: () => act("Pause", (requestId) => services.runs.pauseRun({ requestId, name })),
    resume: () => resume(RunMode.UNSPECIFIED),
    "resume-one": () => resume(RunMode.ONE_STAGE),
    abort: () =>
      surely(
        `Abort ${project.currentStages.length === 1 ? "the stage" : `all ${project.currentStages.length} stages`}?`,
        "What is under way is stopped, and what it did since it began is not published.",
        "Abort",
        () => act("Abort", (requestId) => services.stages.abortStage({ requestId, name: `${project.name}/stages/-` })),
      ),
    delete: () => setDeleting(true),
  };
  const first = FIRST.flatMap((key) => actions.filter((one) => one.key === key && !one.refused)).slice(0, 2);
  return (
    <Group gap="xs">
      {first.map(({ key, word, does: words }, index) => (
        <Button
          key={key}
          size="sm"
          variant={index === 0 && key !== "pause" ? "filled" : "default"}
          title={words}
          disabled={busy}
          onClick={() => void does[key]()}
        >
          {word}
        </Button>
      ))}
      <ActionMenu actions={actions.filter((one) => !first.includes(one))} perform={(key) => void does[key]()} />
      <Modal opened={deleting} onClose={() => setDeleting(false)} title={`Delete ${project.displayName}?`}>
        {deleting ? <Sure project={project} close={() => setDeleting(false)} /> : null}
      </Modal>
    </Group>
  );
}
