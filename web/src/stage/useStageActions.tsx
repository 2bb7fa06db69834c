// Doing what `actions` says can be done: the calls, the questions before what cannot be undone, and the places that begin a run.
import { Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { modals } from "../parts/dialogs.ts";
import { idOf, projectOf } from "../parts/names.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { type ActionKey, type Around, skipWords } from "./actions.ts";

export interface Doing {
  busy: boolean;
  /** Does it, or asks first where it cannot be undone. */
  perform: (key: ActionKey) => void;
}

export function useStageActions({ stage, project, run }: Pick<Around, "stage" | "project" | "run">): Doing {
  const { stages, runs } = useServices();
  const { act, busy } = useAct();
  const navigate = useNavigate();
  const { name } = stage;
  const id = idOf(name);
  const definition = stage.definition?.name ?? "";
  const begin = (search: Record<string, string>) =>
    void navigate({ to: "/projects/$project/start", params: { project: projectOf(project.name) }, search });
  const pin = (pinned: boolean) =>
    act(pinned ? `Pin ${id}` : `Unpin ${id}`, (requestId) => stages.pinStage({ requestId, name, pinned }));
  const does: Record<ActionKey, () => unknown> = {
    abort: () => act(`Abort ${id}`, (requestId) => stages.abortStage({ requestId, name })),
    retry: () => act(`Try ${definition} again`, (requestId) => runs.resumeRun({ requestId, name: stage.run })),
    skip: () =>
      surely(
        `Skip ${definition}?`,
        `${skipWords(stage, run)}. What comes after it is made from the workspace before it.`,
        "Skip it",
        () => act(`Skip ${definition}`, (requestId) => runs.skipStage({ requestId, name: stage.run, definition })),
      ),
    redo: () => begin({ redo: id }),
    "redo-one": () => begin({ redo: id, mode: "one" }),
    branch: () => begin({ parent: id }),
    pin: () => pin(true),
    unpin: () => pin(false),
    materialize: () =>
      act(
        `Materialize ${id}`,
        (requestId) => stages.materializeWorkspace({ requestId, name }),
        `${id} has a workspace of its own`,
      ),
    drop: () =>
      surely(
        `Give up the workspace of ${id}?`,
        "Its files are deleted and nothing can be made from it any more. Its output, log and results stay.",
        "Delete its workspace",
        () =>
          act(
            `Give up the workspace of ${id}`,
            (requestId) => stages.dropWorkspace({ requestId, name }),
            `The workspace of ${id} is given up`,
          ),
      ),
  };
  return { busy, perform: (key) => void does[key]() };
}

export function surely(title: string, text: string, confirm: string, then: () => unknown): void {
  modals.openConfirmModal({
    title,
    children: <Text size="sm">{text}</Text>,
    labels: { confirm, cancel: "Leave it" },
    confirmProps: { color: "red" },
    onConfirm: () => void then(),
  });
}
