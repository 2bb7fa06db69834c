// What is looked at before a gate: the attempt whose results are asked about, also once the gate is closed. Pure.
import type { Run } from "../api/winslow/v1/run_pb.ts";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import type { Fate } from "./fate.ts";

/** A stage's name; "" for the zeroth workspace. */
export function lookedAt(fate: Fate, run: Run, definition: string, stages: ReadonlyMap<string, Stage>): string {
  if (fate.kind === "open") return fate.gate.parent;
  const started = run.attempts[definition]?.stages.at(-1);
  const stage = started ? stages.get(started) : undefined;
  if (stage) return stage.parent ?? "";
  return latestOf(run);
}

/** Where nothing tells, what the run did last. */
function latestOf(run: Run): string {
  const made = Object.values(run.attempts).flatMap(({ stages }) => stages);
  return made.at(-1) ?? run.parent ?? "";
}
