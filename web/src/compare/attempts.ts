// Attempts to choose from when two are held against each other, and what one is called so that people tell them apart.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Layer, type Stage } from "../api/winslow/v1/stage_pb.ts";
import { idOf } from "../parts/names.ts";
import { STAGE_MARKS } from "../parts/StateMark.tsx";

/** The latest first. */
export function newestFirst(stages: Iterable<Stage>): Stage[] {
  return [...stages].sort((one, other) => made(other) - made(one) || (one.name < other.name ? 1 : -1));
}

const made = (stage: Stage) => (stage.createTime ? timestampMs(stage.createTime) : 0);

/** Those at `definition` first, each as "detect-2-1-x: succeeded, SENSITIVITY=75". */
export function choicesOf(stages: Iterable<Stage>, definition: string | undefined) {
  const all = newestFirst(stages);
  const rest = new Map<string, Stage[]>();
  for (const stage of all) {
    const name = stage.definition?.name ?? "";
    rest.set(name, [...(rest.get(name) ?? []), stage]);
  }
  const names = [...rest.keys()].sort((one, other) => Number(other === definition) - Number(one === definition));
  return names.map((group) => ({
    group: group || "other",
    items: (rest.get(group) ?? []).map((stage) => ({ value: idOf(stage.name), label: calledOf(stage) })),
  }));
}

const SAID = 3;

/** What was given for it is what people know it by. */
export function calledOf(stage: Stage): string {
  const given = stage.environment.filter(({ layer }) => layer === Layer.SUBMISSION);
  const shown = given.slice(0, SAID).map(({ name, value }) => `${name}=${value.slice(0, 24)}`);
  const state = STAGE_MARKS[stage.state].word.toLowerCase();
  return `${idOf(stage.name)}: ${[state, ...shown].join(", ")}${given.length > SAID ? ", …" : ""}`;
}
