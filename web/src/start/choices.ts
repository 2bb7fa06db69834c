// Where a run may begin and what follows: which attempts' workspaces it can be made from, what it would do, in words.
import { durationMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import { type Project, ProjectState } from "../api/winslow/v1/project_pb.ts";
import { type Run, RunState } from "../api/winslow/v1/run_pb.ts";
import type { PreviewRunResponse } from "../api/winslow/v1/run_service_pb.ts";
import { type Stage, StageState } from "../api/winslow/v1/stage_pb.ts";
import { idOf } from "../parts/names.ts";
import { duration, size } from "../parts/words.ts";

/** What stands for the zeroth workspace in addresses; no stage can be called so. */
export const ZEROTH = "zeroth";

/**
 * Definitions that `text` names and that there are, in the pipeline's order; where it names none, what comes after `parent`,
 * the definition of the attempt it begins with, or else the pipeline's first ones.
 */
export function startsOf(spec: PipelineSpec, text: string | undefined, parent?: string): string[] {
  const asked = new Set((text ?? "").split(",").map((name) => name.trim()));
  const found = spec.stages.filter(({ name }) => asked.has(name)).map(({ name }) => name);
  if (found.length) return found;
  const next = spec.stages.filter(({ after }) => parent && after.some(({ stage }) => stage === parent));
  return next.length ? next.map(({ name }) => name) : firsts(spec);
}

/** The pipeline's first stages. */
export function firsts(spec: PipelineSpec): string[] {
  return spec.stages.filter(({ after }) => after.length === 0).map(({ name }) => name);
}

/** Attempts whose workspaces a run can be made from: ended, kept and not in doubt; the latest first. */
export function grounds(stages: Iterable<Stage>): Stage[] {
  return [...stages]
    .filter((stage) => stage.endTime && stage.state !== StageState.LOST && !stage.workspaceDropTime)
    .sort((one, other) => ended(other) - ended(one) || (one.name < other.name ? -1 : 1));
}

const ended = (stage: Stage) => (stage.endTime ? timestampMs(stage.endTime) : 0);

/** Why nothing can be started now; undefined when something can. */
export function hindrance(project: Project | undefined): string | undefined {
  if (!project) return undefined;
  if (project.deleting) return "The project is being deleted";
  if (project.state === ProjectState.RUNNING && project.currentStages.length) {
    const ids = project.currentStages.map(idOf);
    const shown = ids.slice(0, 3).join(", ") + (ids.length > 3 ? ` and ${ids.length - 3} more` : "");
    return `${shown} ${ids.length === 1 ? "is" : "are"} under way: a new run starts once nothing of the project is`;
  }
  return undefined;
}

/** What becomes of the runs that are active now. */
export function superseded(runs: Iterable<Run>): string | undefined {
  const active = [...runs].filter((run) => run.end === undefined);
  if (active.length === 0) return undefined;
  if (active.length > 1) return `${active.length} runs that are not through are superseded by it.`;
  const [run] = active as [Run];
  const waits = run.state === RunState.AWAITING_INPUT ? ", which waits for a person," : "";
  return `Run ${run.number}${waits} is superseded: it goes no further, and what it made stays.`;
}

export interface Outlook {
  executed: string;
  /** Left as they are, with the attempts that stand for them. */
  left: [string, string][];
  stale: string[];
  takes: string;
  workspace: string;
}

/** A preview in words; with `one`, it pauses after the stages that it starts with. */
export function outlook(preview: PreviewRunResponse, starts: readonly string[], one: boolean): Outlook {
  const executed = one ? preview.definitions.filter((name) => starts.includes(name)) : preview.definitions;
  const later = one ? preview.definitions.filter((name) => !starts.includes(name)) : [];
  const from = preview.parent ? `the workspace of ${idOf(preview.parent)}` : "the zeroth workspace";
  return {
    executed: executed.join(", ") + (later.length ? `; then it pauses before ${later.join(", ")}` : ""),
    left: Object.entries(preview.inherited).map(([name, stage]) => [name, idOf(stage)]),
    stale: preview.staleStages.map(idOf),
    takes: takes(preview, later.length > 0),
    workspace: `It begins with ${from}, ${size(preview.workspaceSize)}.`,
  };
}

function takes({ estimatedDuration }: PreviewRunResponse, pauses: boolean): string {
  if (!estimatedDuration) return "How long it takes is not known: a stage of it has never succeeded here.";
  const time = duration(durationMs(estimatedDuration) / 1000);
  return pauses ? `All of it together took ${time} last time.` : `About ${time}, as long as it took last time.`;
}
