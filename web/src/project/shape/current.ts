// The current path: the attempts that the project's latest results, or what runs now, stand on.
import type { Run } from "../../api/winslow/v1/run_pb.ts";
import type { Stage } from "../../api/winslow/v1/stage_pb.ts";

/** The runs that matter now: those that are active, or else the latest. Points of a sweep only where there is nothing else. */
export function currentRuns(runs: Iterable<Run>): Run[] {
  const every = [...runs];
  const own = every.filter(({ sweep }) => !sweep);
  const active = own.filter(({ end }) => !end);
  if (active.length) return active;
  const last = latest(own.length ? own : every);
  return last ? [last] : [];
}

export function latest(runs: Iterable<Run>): Run | undefined {
  let found: Run | undefined;
  for (const run of runs) if (!found || run.number > found.number) found = run;
  return found;
}

/** The names of attempts that stand for their definitions in `runs`, and of all that they were made from. */
export function currentPath(runs: Iterable<Run>, stages: ReadonlyMap<string, Stage>): Set<string> {
  const found = new Set<string>();
  const left: string[] = [];
  for (const run of runs) {
    left.push(...Object.values(run.inherited), ...(run.parent ? [run.parent] : []));
    for (const tries of Object.values(run.attempts)) left.push(...tries.stages.slice(-1));
  }
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const stage = stages.get(name);
    if (stage) left.push(...inputsOf(stage));
  }
  return found;
}

/** The attempts that one was made from: its parent, and the others that came before. */
export function inputsOf(stage: Stage): string[] {
  return [...(stage.parent ? [stage.parent] : []), ...Object.values(stage.joined)];
}
