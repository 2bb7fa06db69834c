// What an active run does next: the definitions that have no attempt yet, and what each waits for. Told from the records alone;
// which way a condition goes is the cluster's to say, so it is shown as one.
import type { PipelineSpec, StageDefinition } from "../../api/winslow/v1/pipeline_pb.ts";
import type { Gate, Run } from "../../api/winslow/v1/run_pb.ts";
import { type Stage, StageState } from "../../api/winslow/v1/stage_pb.ts";
import { reached, topological } from "./graph.ts";

/**
 * `gate`: a person is waited for. `next`: it is about to be made. `later`: something before it has not ended. `paused`: it would
 * be made if the run were not paused, or not asked for less. `skipped`: it will be passed over.
 */
export type Waiting = "gate" | "next" | "later" | "paused" | "skipped";

export interface Ghost {
  run: Run;
  definition: StageDefinition;
  waiting: Waiting;
  gate: Gate | undefined;
  /** The condition on which it is executed at all; "" for none. */
  when: string;
  /** An attempt's name, a ghost's key, or "" for the zeroth workspace. */
  parent: string;
  joined: string[];
}

export const ghostKey = (run: Run, definition: string) => `${run.name}/${definition}`;

const PASSED = new Set([StageState.SUCCEEDED, StageState.SKIPPED]);

type Standing = { is: "settled"; key: string } | { is: "unsettled"; key: string } | { is: "dead" | "outside" };

/** The ghosts of a run, each after those it waits for; none of one that has ended. */
export function ghostsOf(run: Run, spec: PipelineSpec, stages: ReadonlyMap<string, Stage>): Ghost[] {
  if (run.end) return [];
  const executed = reached(spec, run.start);
  const standings = new Map<string, Standing>();
  const found: Ghost[] = [];
  for (const definition of topological(spec)) {
    const name = definition.name;
    const attempted = attemptedIn(run, name, executed, stages);
    const ghost = attempted ? undefined : ghostOf(run, definition, standings);
    if (ghost) found.push(ghost);
    standings.set(name, attempted ?? (ghost ? { is: "unsettled", key: ghostKey(run, name) } : { is: "dead" }));
  }
  return found;
}

function attemptedIn(
  run: Run,
  name: string,
  executed: ReadonlySet<string>,
  stages: ReadonlyMap<string, Stage>,
): Standing | undefined {
  const last = run.attempts[name]?.stages.at(-1);
  if (last) {
    const state = stages.get(last)?.state;
    return { is: state !== undefined && PASSED.has(state) ? "settled" : "unsettled", key: last };
  }
  if (executed.has(name)) return undefined;
  const inherited = run.inherited[name];
  return inherited ? { is: "settled", key: inherited } : { is: "outside" };
}

function ghostOf(run: Run, definition: StageDefinition, standings: ReadonlyMap<string, Standing>): Ghost | undefined {
  const { name, after } = definition;
  const gate = run.gates.find((one) => one.definition === name);
  const beyond = run.only.length > 0 && !run.only.includes(name);
  // A point of a sweep ends where others pause.
  if (beyond && run.sweep) return undefined;
  if (run.start.includes(name)) {
    const parent = run.parent ?? "";
    const joined = after.flatMap(({ stage }) => run.inherited[stage] ?? []).filter((one) => one !== parent);
    return { run, definition, gate, when: "", parent, joined, waiting: readyBecause(run, name, gate) };
  }
  const ways = after.flatMap(({ stage, when }) => {
    const standing = standings.get(stage);
    return standing && "key" in standing ? [{ when, key: standing.key, settled: standing.is === "settled" }] : [];
  });
  const open = ways.some(({ settled }) => !settled);
  const certain = ways.some(({ when }) => !when);
  const halted = run.hold !== undefined || beyond;
  // All before it is settled and yet it was not made: its conditions did not hold.
  const decided = !open && !certain && !gate && !halted;
  if (ways.length === 0 || decided) return undefined;
  const when = certain || gate ? "" : ways.map((way) => way.when).join(" or ");
  const [parent = "", ...joined] = ways.map(({ key }) => key);
  const waiting = open && !gate ? "later" : readyBecause(run, name, gate);
  return { run, definition, gate, when, parent, joined, waiting };
}

function readyBecause(run: Run, name: string, gate: Gate | undefined): Waiting {
  if (gate) return "gate";
  if (run.hold || (run.only.length && !run.only.includes(name))) return "paused";
  return run.skipped.includes(name) ? "skipped" : "next";
}
