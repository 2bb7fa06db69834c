// Which attempts stand on something that was done again since: their results may no longer be what the project would give today.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Run } from "../../api/winslow/v1/run_pb.ts";
import { type Stage, StageState } from "../../api/winslow/v1/stage_pb.ts";
import { inputsOf } from "./current.ts";

/** Names of attempts of whose inputs, near or far, one was done again with success after they were made. */
export function staleOf(stages: ReadonlyMap<string, Stage>, runs: ReadonlyMap<string, Run>): Set<string> {
  const newest = newestSuccesses(stages.values(), runs);
  const since = new Map<string, number>();
  const redone = (name: string): number => {
    const known = since.get(name);
    if (known !== undefined) return known;
    since.set(name, 0);
    const stage = stages.get(name);
    if (!stage) return 0;
    const other = newest.get(definitionOf(stage))?.find((one) => one.name !== name);
    const when = Math.max(other ? madeAt(other) : 0, ...inputsOf(stage).map(redone));
    since.set(name, when);
    return when;
  };
  const stale = [...stages.values()].filter(
    (stage) => stage.stale || inputsOf(stage).some((input) => redone(input) > madeAt(stage)),
  );
  return new Set(stale.map(({ name }) => name));
}

/** By definition, the two newest successes. Points of sweeps are tries beside each other: they do nothing again. */
function newestSuccesses(stages: Iterable<Stage>, runs: ReadonlyMap<string, Run>): Map<string, Stage[]> {
  const found = new Map<string, Stage[]>();
  for (const stage of stages) {
    if (stage.state !== StageState.SUCCEEDED || runs.get(stage.run)?.sweep) continue;
    const name = definitionOf(stage);
    const newest = [...(found.get(name) ?? []), stage].sort((one, other) => madeAt(other) - madeAt(one));
    found.set(name, newest.slice(0, 2));
  }
  return found;
}

const definitionOf = (stage: Stage) => stage.definition?.name ?? "";
export const madeAt = (stage: Stage) => (stage.createTime ? timestampMs(stage.createTime) : 0);
