// What people gave a stage the last time it was started, so that nobody has to remember it.
import { Layer, type Stage } from "../api/winslow/v1/stage_pb.ts";
import type { StageDraft } from "./draft.ts";
import { type Preset, rowsOf } from "./layers.ts";

export interface Last {
  stage: Stage;
  /** Only what is not so already. */
  values: Record<string, string>;
}

/** Of the latest attempt at the preset's definition; undefined where it would change nothing. */
export function lastOf(preset: Preset, draft: StageDraft, stages: Iterable<Stage>): Last | undefined {
  const stage = latestAt(preset.definition.name, stages);
  if (!stage) return undefined;
  const now = new Map(rowsOf(preset, draft).map(({ name, value }) => [name, value]));
  const given = stage.environment.filter(
    ({ name, value, layer }) =>
      layer === Layer.SUBMISSION && now.get(name) !== value && !(name in draft.axes) && !(name in draft.environment),
  );
  if (given.length === 0) return undefined;
  return { stage, values: Object.fromEntries(given.map(({ name, value }) => [name, value])) };
}

function latestAt(definition: string, stages: Iterable<Stage>): Stage | undefined {
  let found: Stage | undefined;
  for (const stage of stages) {
    if (stage.definition?.name === definition && (!found || made(stage) > made(found))) found = stage;
  }
  return found;
}

const made = ({ createTime }: Stage) => Number(createTime?.seconds ?? 0n) + (createTime?.nanos ?? 0) / 1e9;
