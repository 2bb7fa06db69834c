// What a person may do with an attempt: in words what it will do, and where it cannot be done now, why. The cluster decides in
// the end; this only spares people from asking in vain.
import { WorkspaceMode } from "../api/winslow/v1/pipeline_pb.ts";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import { type Stage, StageState } from "../api/winslow/v1/stage_pb.ts";
import { idOf } from "../parts/names.ts";
import { hasEnded, isWaiting } from "./spans.ts";

export type ActionKey =
  | "abort"
  | "retry"
  | "skip"
  | "redo"
  | "redo-one"
  | "branch"
  | "pin"
  | "unpin"
  | "materialize"
  | "drop";

export interface Action {
  key: ActionKey;
  word: string;
  /** What it will do. */
  does: string;
  /** Why it cannot be done now; "" when it can. */
  refused: string;
}

export interface Around {
  stage: Stage;
  project: Project;
  /** Its run; undefined where that is not known. */
  run: Run | undefined;
  /** What it was made from; undefined for the zeroth workspace, or where that is not known. */
  parent: Stage | undefined;
  /** Definitions of the project's pipeline; undefined where they are not known yet. */
  definitions: ReadonlySet<string> | undefined;
}

/** The actions that make sense for an attempt like this one, those that can be done and those that cannot now. */
export function stageActions(around: Around): Action[] {
  const { stage, project } = around;
  return [...ofItsCourse(around), ...ofBranching(around), ...ofItsWorkspace(stage, droppedFrom(project, stage))];
}

/** Whether its workspace was given up, or is being removed now. */
export function droppedFrom(project: Pick<Project, "dropping"> | undefined, stage: Stage): boolean {
  return stage.workspaceDropTime !== undefined || idOf(stage.workspace) in (project?.dropping ?? {});
}

/** Whether it is what its run's definition stands at, and the run goes on or may. */
export function isLatestInRun(stage: Stage, run: Run | undefined): boolean {
  const name = stage.definition?.name ?? "";
  return run !== undefined && !run.end && run.attempts[name]?.stages.at(-1) === stage.name;
}

function ofItsCourse({ stage, run }: Around): Action[] {
  const found: Action[] = [];
  if (!hasEnded(stage.state)) {
    const does = isWaiting(stage.state) ? "It is not started; its run pauses" : "Stops its container; its run pauses";
    const refused = stage.abort ? `${stage.abort.by} has asked for that already` : "";
    found.push({ key: "abort", word: "Abort", does, refused });
  }
  if (!isLatestInRun(stage, run) || passed(stage)) return found;
  if (hasEnded(stage.state)) {
    const refused = run?.hold ? "" : "Its run is not paused";
    found.push({
      key: "retry",
      word: "Try again",
      does: "Resumes the run with a new attempt as this one was",
      refused,
    });
  }
  const placed = !hasEnded(stage.state) && !isWaiting(stage.state);
  found.push({
    key: "skip",
    word: "Skip",
    does: skipWords(stage, run),
    refused: placed ? "Abort it first" : "",
  });
  return found;
}

/** A pause outlasts a skip, unless it was this very failure that caused it. */
export function skipWords({ name, definition }: Stage, run: Run | undefined): string {
  const as = `as if ${definition?.name} had succeeded without doing anything`;
  const paused = run?.hold && run.hold.stage !== name;
  return paused ? `It counts as skipped at once, ${as}; the run stays paused` : `The run goes on ${as}`;
}

function ofBranching({ stage, project, parent, definitions }: Around): Action[] {
  const name = stage.definition?.name ?? "";
  const unsealed = unsealedBecause(stage);
  const gone = definitions && !definitions.has(name) ? `The pipeline no longer has ${name}` : "";
  const grounds = parent && droppedFrom(project, parent) ? "The workspace it was made from was given up" : "";
  const redo = unsealed || gone || grounds;
  const from = unsealed || (droppedFrom(project, stage) ? "Its workspace was given up" : "");
  return [
    {
      key: "redo",
      word: "Redo",
      does: "Makes a new attempt beside it, with changes if you like, and goes on",
      refused: redo,
    },
    {
      key: "redo-one",
      word: "Redo, then pause",
      does: "Makes a new attempt of this one stage, then pauses",
      refused: redo,
    },
    {
      key: "branch",
      word: "Start from here",
      does: "Begins a run with any stage, made from this one's workspace",
      refused: from,
    },
  ];
}

function ofItsWorkspace(stage: Stage, dropped: boolean): Action[] {
  const found: Action[] = [];
  const gone = dropped ? "Its workspace was given up" : "";
  const unended = hasEnded(stage.state) ? "" : "It has not ended yet";
  if (stage.pinned) {
    found.push({
      key: "unpin",
      word: "Unpin",
      does: "Leaves its workspace to the retention policy again",
      refused: "",
    });
  } else {
    found.push({
      key: "pin",
      word: "Pin",
      does: "Keeps its workspace whatever the retention policy says",
      refused: gone,
    });
  }
  if (stage.definition?.workspace === WorkspaceMode.LAYERED) {
    const does = "Makes a directory of its own out of its layers";
    found.push({ key: "materialize", word: "Materialize workspace", does, refused: unended || gone });
  }
  const pinned = stage.pinned ? "It is pinned" : "";
  found.push({
    key: "drop",
    word: "Give up workspace",
    does: "Deletes its workspace to save space; its output and log stay",
    refused: unended || gone || pinned,
  });
  return found;
}

function passed({ state }: Stage): boolean {
  return state === StageState.SUCCEEDED || state === StageState.SKIPPED;
}

function unsealedBecause({ state }: Stage): string {
  if (state === StageState.LOST) return "Its node may still be writing to its workspace";
  return hasEnded(state) ? "" : "It has not ended yet";
}
