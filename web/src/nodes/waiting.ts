// What waits and what runs across the cluster, as a list that people can look through.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Stage, StageState } from "../api/winslow/v1/stage_pb.ts";
import { idOf, projectOf } from "../parts/names.ts";

const WAITS: ReadonlySet<StageState> = new Set([StageState.QUEUED, StageState.ELECTING]);

const NUMBERED = new Intl.Collator("en", { numeric: true });

export const waits = ({ state }: Pick<Stage, "state">): boolean => WAITS.has(state);

/** Stages that have not ended, as `ListStages` is asked for them: it joins terms by AND only. */
export const NOT_ENDED = ["SUCCEEDED", "FAILED", "ABORTED", "LOST", "SKIPPED"]
  .map((state) => `state != "${state}"`)
  .join(" AND ");

export interface Looked {
  text?: string | undefined;
  show?: string | undefined;
}

/** Called by its project's name, which `nameOf` knows. */
export function lookedThrough(
  stages: readonly Stage[],
  { text = "", show }: Looked,
  nameOf: (project: string) => string,
) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return stages.filter((stage) => {
    if (show === "waiting" && !waits(stage)) return false;
    if (show === "running" && waits(stage)) return false;
    if (!words.length) return true;
    const project = projectOf(stage.name);
    const said = [
      nameOf(project),
      project,
      stage.definition?.name,
      idOf(stage.name),
      stage.author,
      stage.node,
      stage.reason?.text,
    ];
    const all = said.join("\n").toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/**
 * Those that wait first: of a higher priority before those of a lower, then those that wait longest; then those that run,
 * the latest first. The leader's own order is by turns, too: `ExplainStage` tells a stage's place.
 */
export function inOrder(stages: readonly Stage[], priorityOf: (project: string) => number): Stage[] {
  const made = (stage: Stage) => (stage.createTime ? timestampMs(stage.createTime) : 0);
  const began = (stage: Stage) => (stage.startTime ? timestampMs(stage.startTime) : made(stage));
  return [...stages].sort((one, other) => {
    const first = Number(waits(other)) - Number(waits(one));
    if (first) return first;
    if (!waits(one)) return began(other) - began(one);
    const before = priorityOf(projectOf(other.name)) - priorityOf(projectOf(one.name)) || made(one) - made(other);
    return before || NUMBERED.compare(one.name, other.name); // many are made in one moment
  });
}

/** What a stage asks of its node: "2 cores, 512 MiB, 1 GPU". */
export function asks(stage: Stage, size: (bytes: bigint) => string): string {
  const resources = stage.definition?.resources;
  const cpus = resources?.cpus ?? 1;
  const gpus = resources?.gpus?.count ?? 0;
  return [
    `${cpus} ${cpus === 1 ? "core" : "cores"}`,
    resources && resources.memory > 0n ? size(resources.memory) : "",
    gpus ? `${gpus} ${gpus === 1 ? "GPU" : "GPUs"}` : "",
    ...(resources?.tags ?? []),
  ]
    .filter(Boolean)
    .join(", ");
}
