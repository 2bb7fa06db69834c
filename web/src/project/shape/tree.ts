// The tree of attempts as it is drawn: attempts, the points of a sweep as one, and what comes next as ghosts. From records to nodes
// and links, and nothing else: where each stands is `layout`'s, what it looks like is the drawing's.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { PipelineSpec } from "../../api/winslow/v1/pipeline_pb.ts";
import type { Run } from "../../api/winslow/v1/run_pb.ts";
import type { Stage, StageState } from "../../api/winslow/v1/stage_pb.ts";
import type { Sweep } from "../../api/winslow/v1/sweep_pb.ts";
import { currentPath, currentRuns, inputsOf } from "./current.ts";
import { type Ghost, ghostKey, ghostsOf } from "./ghosts.ts";
import { ranks } from "./graph.ts";
import { madeAt, staleOf } from "./stale.ts";

export interface Facts {
  stages: ReadonlyMap<string, Stage>;
  runs: ReadonlyMap<string, Run>;
  sweeps: ReadonlyMap<string, Sweep>;
  /** Undefined while it is not known: then nothing is said of what comes next. */
  pipeline: PipelineSpec | undefined;
  /** Names of sweeps whose points are drawn one by one. */
  open: ReadonlySet<string>;
}

interface Common {
  /** A stage's or a sweep's name, a ghost's key, "" for the zeroth workspace. */
  key: string;
  /** The node it hangs on; undefined for the first. */
  parent: string | undefined;
  joined: readonly string[];
  current: boolean;
  /** The least column it may stand in. */
  rank: number;
}
export type TreeNode = Common &
  (
    | { kind: "root" }
    | { kind: "stage"; stage: Stage; stale: boolean; begins: Run | undefined }
    | { kind: "ghost"; ghost: Ghost }
    | {
        kind: "sweep";
        /** Milliseconds. */
        made: number;
        sweep: Sweep | undefined;
        hidden: number;
        open: boolean;
        states: ReadonlyMap<StageState, number>;
      }
    | { kind: "earlier" }
  );

export interface Tree {
  /** Each after the one it hangs on; beside each other in the order in which they were made. */
  nodes: readonly TreeNode[];
  byKey: ReadonlyMap<string, TreeNode>;
  children: ReadonlyMap<string, readonly string[]>;
}

export const ROOT = "";

export function treeOf(facts: Facts): Tree {
  const current = currentRuns(facts.runs.values());
  const path = currentPath(current, facts.stages);
  const rank = facts.pipeline ? ranks(facts.pipeline) : new Map<string, number>();
  const folded = foldedOf(facts);
  const home = (name: string) => folded.get(name) ?? name;
  const nodes = byAge([...sweepNodes(facts, path, rank, folded, home), ...attempts(facts, path, rank, folded, home)]);
  const known = new Set(nodes.map(({ key }) => key));
  nodes.push(...ghostNodes(facts, rank, home));
  return grown([...nodes, ...earlier(nodes, known)]);
}

function attempts(
  { stages, runs, pipeline }: Facts,
  path: ReadonlySet<string>,
  rank: ReadonlyMap<string, number>,
  folded: ReadonlyMap<string, string>,
  home: (name: string) => string,
): TreeNode[] {
  const stale = staleOf(stages, runs);
  const order = new Map(pipeline?.stages.map(({ name }, index) => [name, index]));
  const found: TreeNode[] = [];
  const begun = new Set<string>();
  for (const stage of inOrder(stages.values(), order)) {
    if (folded.has(stage.name)) continue;
    const run = begun.has(stage.run) ? undefined : runs.get(stage.run);
    begun.add(stage.run);
    found.push({
      kind: "stage",
      key: stage.name,
      parent: stage.parent ? home(stage.parent) : ROOT,
      joined: Object.values(stage.joined).map(home),
      current: path.has(stage.name),
      rank: rank.get(stage.definition?.name ?? "") ?? 0,
      stage,
      stale: stale.has(stage.name),
      begins: run,
    });
  }
  return found;
}

/** Attempts that are drawn as their sweep, and that sweep; not those that something else was made from. */
function foldedOf({ stages, runs, open }: Facts): Map<string, string> {
  const sweepOf = (stage: Stage) => runs.get(stage.run)?.sweep;
  const kept = new Set<string>();
  const keep = (name: string, sweep: string) => {
    const stage = stages.get(name);
    if (!stage || kept.has(name) || sweepOf(stage) !== sweep) return;
    kept.add(name);
    for (const input of inputsOf(stage)) keep(input, sweep);
  };
  for (const stage of stages.values()) {
    for (const input of inputsOf(stage)) {
      const of = stages.get(input);
      const sweep = of && sweepOf(of);
      if (sweep && sweep !== sweepOf(stage)) keep(input, sweep);
    }
  }
  const found = new Map<string, string>();
  for (const stage of stages.values()) {
    const sweep = sweepOf(stage);
    if (sweep && !open.has(sweep) && !kept.has(stage.name)) found.set(stage.name, sweep);
  }
  return found;
}

/** A node for each sweep: closed it stands for its points, open it stands beside them, to be closed. */
function sweepNodes(
  { stages, runs, sweeps, open }: Facts,
  path: ReadonlySet<string>,
  rank: ReadonlyMap<string, number>,
  folded: ReadonlyMap<string, string>,
  home: (name: string) => string,
): TreeNode[] {
  const names = new Set([...sweeps.keys(), ...[...runs.values()].flatMap(({ sweep }) => sweep ?? [])]);
  const points = new Map<string, Stage[]>();
  for (const stage of stages.values()) {
    const sweep = runs.get(stage.run)?.sweep;
    if (!sweep) continue;
    const known = points.get(sweep);
    if (known) known.push(stage);
    else points.set(sweep, [stage]);
  }
  return [...names].map((name) => {
    const sweep = sweeps.get(name);
    const every = points.get(name) ?? [];
    const hidden = every.filter((stage) => folded.has(stage.name));
    const first = every.find((stage) => !stage.parent || home(stage.parent) !== name);
    const parent = sweep?.parent ?? first?.parent;
    const states = new Map<StageState, number>();
    for (const { state } of every) states.set(state, (states.get(state) ?? 0) + 1);
    return {
      kind: "sweep",
      made: sweep?.createTime ? timestampMs(sweep.createTime) : Math.min(...every.map(madeAt)),
      key: name,
      parent: parent ? home(parent) : ROOT,
      joined: [],
      current: hidden.some((stage) => path.has(stage.name)),
      rank: rank.get(sweep?.start ?? first?.definition?.name ?? "") ?? 0,
      sweep,
      hidden: hidden.length,
      open: open.has(name),
      states,
    };
  });
}

function ghostNodes(
  { runs, stages, pipeline, open }: Facts,
  rank: ReadonlyMap<string, number>,
  home: (name: string) => string,
): TreeNode[] {
  if (!pipeline) return [];
  const drawn = [...runs.values()].filter(({ end, sweep }) => !end && (!sweep || open.has(sweep)));
  return drawn.flatMap((run) =>
    ghostsOf(run, pipeline, stages).map((ghost) => ({
      kind: "ghost" as const,
      key: ghostKey(run, ghost.definition.name),
      parent: home(ghost.parent),
      joined: ghost.joined.map(home),
      current: true,
      rank: rank.get(ghost.definition.name) ?? 0,
      ghost,
    })),
  );
}

/** Stands for attempts that something was made from and that are not here: history that was not asked for yet. */
function earlier(nodes: readonly TreeNode[], known: ReadonlySet<string>): TreeNode[] {
  const ghosts = new Set(nodes.filter(({ kind }) => kind === "ghost").map(({ key }) => key));
  const missing = new Set<string>();
  for (const { parent } of nodes) if (parent && !known.has(parent) && !ghosts.has(parent)) missing.add(parent);
  return [...missing].map((key) => ({ kind: "earlier", key, parent: ROOT, joined: [], current: false, rank: 0 }));
}

/** The nodes in the order of the tree, below the zeroth workspace. */
function grown(nodes: readonly TreeNode[]): Tree {
  const root: TreeNode = { kind: "root", key: ROOT, parent: undefined, joined: [], current: true, rank: 0 };
  const byKey = new Map<string, TreeNode>([[ROOT, root], ...nodes.map((node) => [node.key, node] as const)]);
  const children = new Map<string, string[]>();
  for (const node of nodes) {
    const parent = node.parent ?? ROOT;
    const siblings = children.get(parent);
    if (siblings) siblings.push(node.key);
    else children.set(parent, [node.key]);
  }
  const ordered: TreeNode[] = [];
  const left = [ROOT];
  for (let key = left.pop(); key !== undefined; key = left.pop()) {
    const node = byKey.get(key);
    if (!node) continue;
    ordered.push(node);
    left.push(...[...(children.get(key) ?? [])].reverse());
  }
  return { nodes: ordered, byKey, children };
}

/** Oldest first, a sweep before its points. */
function byAge(nodes: readonly TreeNode[]): TreeNode[] {
  const made = (node: TreeNode) => (node.kind === "stage" ? madeAt(node.stage) : node.kind === "sweep" ? node.made : 0);
  return [...nodes].sort((one, other) => made(one) - made(other));
}

/** Oldest first; of those made at once in the author's order. */
export function inOrder(stages: Iterable<Stage>, order: ReadonlyMap<string, number>): Stage[] {
  const place = ({ definition }: Stage) => order.get(definition?.name ?? "") ?? order.size;
  return [...stages].sort(
    (one, other) => madeAt(one) - madeAt(other) || place(one) - place(other) || (one.name < other.name ? -1 : 1),
  );
}
