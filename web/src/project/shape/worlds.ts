// Made-up projects for the tests of the tree: small ones by hand, and many by a seed.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type PipelineSpec, PipelineSpecSchema } from "../../api/winslow/v1/pipeline_pb.ts";
import { type Run, RunEnd, RunSchema } from "../../api/winslow/v1/run_pb.ts";
import { type Stage, StageSchema, StageState } from "../../api/winslow/v1/stage_pb.ts";
import { type Sweep, SweepSchema } from "../../api/winslow/v1/sweep_pb.ts";
import type { Facts } from "./tree.ts";

export const PROJECT = "projects/p";
export const stageCalled = (id: string) => `${PROJECT}/stages/${id}`;
export const runCalled = (number: number) => `${PROJECT}/runs/${number}`;
export const sweepCalled = (id: string) => `${PROJECT}/sweeps/${id}`;

/** "c: a b?" is c after a, and after b on a condition. */
export function pipelineOf(...lines: string[]): PipelineSpec {
  return create(PipelineSpecSchema, {
    stages: lines.map((line) => {
      const [name = "", before = ""] = line.split(":");
      const after = before.trim().split(/\s+/).filter(Boolean);
      return {
        name: name.trim(),
        after: after.map((one) => ({ stage: one.replace("?", ""), when: one.endsWith("?") ? `of ${one}` : "" })),
      };
    }),
  });
}

interface Attempted {
  at: string;
  run: number;
  parent?: string;
  joined?: string[];
  state?: StageState;
  attempt?: number;
}

/** A project that grows: attempts are made a second after each other, and noted in their runs. */
export class World {
  readonly stages = new Map<string, Stage>();
  readonly runs = new Map<string, Run>();
  readonly sweeps = new Map<string, Sweep>();
  open = new Set<string>();
  readonly pipeline: PipelineSpec;
  #second = 0;

  constructor(pipeline: PipelineSpec) {
    this.pipeline = pipeline;
  }

  begin(
    number: number,
    start: string[],
    more: { parent?: string; inherited?: Record<string, string>; sweep?: string } = {},
  ) {
    const run = create(RunSchema, {
      name: runCalled(number),
      revision: BigInt(number),
      number: BigInt(number),
      start,
      author: "anna",
      ...(more.parent ? { parent: stageCalled(more.parent) } : {}),
      ...(more.sweep ? { sweep: sweepCalled(more.sweep) } : {}),
      inherited: Object.fromEntries(Object.entries(more.inherited ?? {}).map(([at, id]) => [at, stageCalled(id)])),
    });
    this.runs.set(run.name, run);
    return run;
  }

  sweep(id: string, start: string, parent?: string): Sweep {
    const sweep = create(SweepSchema, {
      name: sweepCalled(id),
      start,
      createTime: timestampFromMs(1000 * ++this.#second),
      ...(parent ? { parent: stageCalled(parent) } : {}),
    });
    this.sweeps.set(sweep.name, sweep);
    return sweep;
  }

  attempt(id: string, { at, run, parent, joined = [], state = StageState.SUCCEEDED, attempt = 1 }: Attempted): Stage {
    const stage = create(StageSchema, {
      name: stageCalled(id),
      run: runCalled(run),
      definition: { name: at },
      attempt,
      state,
      createTime: timestampFromMs(1000 * ++this.#second),
      ...(state >= StageState.SUCCEEDED ? { endTime: timestampFromMs(1000 * this.#second + 500) } : {}),
      ...(parent ? { parent: stageCalled(parent) } : {}),
      joined: Object.fromEntries(joined.map((one) => [one, stageCalled(one)])),
      workspace: stageCalled(id),
    });
    this.stages.set(stage.name, stage);
    const of = this.runs.get(stage.run);
    if (of) {
      const tries = of.attempts[at]?.stages ?? [];
      of.attempts[at] = { $typeName: "winslow.v1.Attempts", stages: [...tries, stage.name] };
    }
    return stage;
  }

  end(number: number, end = RunEnd.SUCCEEDED): void {
    const run = this.runs.get(runCalled(number));
    if (run) run.end = end;
  }

  facts(): Facts {
    return { stages: this.stages, runs: this.runs, sweeps: this.sweeps, pipeline: this.pipeline, open: this.open };
  }
}

/** The same numbers for the same seed (mulberry32). */
export function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const STATES = [StageState.SUCCEEDED, StageState.FAILED, StageState.RUNNING, StageState.LOST, StageState.SKIPPED];

/** A project of `size` attempts that jumps, redoes, sweeps and joins at random. */
export function anyWorld(seed: number, size: number): World {
  const roll = dice(seed);
  const names = Array.from({ length: 2 + roll(6) }, (_, index) => `d${index}`);
  const lines = names.map((name, index) => {
    const before = names.slice(0, index).filter(() => roll(3) === 0);
    return `${name}: ${before.map((one) => (roll(4) === 0 ? `${one}?` : one)).join(" ")}`;
  });
  const world = new World(pipelineOf(...lines));
  const made: string[] = [];
  for (let index = 0, run = 0; index < size; index++) {
    if (run === 0 || roll(3) === 0) {
      const sweep = roll(4) === 0 ? `w${roll(3)}` : undefined;
      if (sweep && !world.sweeps.has(sweepCalled(sweep)) && roll(4) > 0) world.sweep(sweep, names[0] ?? "");
      if (run) world.end(run);
      const start = names[roll(names.length)] ?? "";
      const from = made[roll(made.length || 1)];
      const inherited = roll(2) && from ? { [world.stages.get(stageCalled(from))?.definition?.name ?? ""]: from } : {};
      world.begin(++run, [start], {
        inherited,
        ...(sweep ? { sweep } : {}),
        ...(from && roll(2) ? { parent: from } : {}),
      });
    }
    const parent = roll(8) === 0 ? undefined : made[roll(made.length || 1)];
    const joined = made.filter((one) => one !== parent && roll(made.length) === 0);
    const lost = roll(30) === 0 ? "not-loaded" : undefined;
    const at = names[roll(names.length)] ?? "";
    const given = lost ?? parent;
    world.attempt(`s${index}`, {
      at,
      run,
      joined,
      state: STATES[roll(STATES.length)] ?? StageState.SUCCEEDED,
      ...(given ? { parent: given } : {}),
    });
    made.push(`s${index}`);
  }
  for (const name of world.sweeps.keys()) if (roll(2)) world.open.add(name);
  return world;
}
