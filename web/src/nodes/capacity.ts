// How much of a node, or of all of them, is reserved; and which nodes a person looks for.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Node, NodeState } from "../api/winslow/v1/node_pb.ts";
import type { Capacity } from "../api/winslow/v1/resources_pb.ts";
import { idOf } from "../parts/names.ts";
import { duration } from "../parts/words.ts";
import { sentence } from "./explain.ts";

export interface Share {
  reserved: number;
  total: number;
}
export interface Shares {
  cpus: Share;
  memory: Share;
  gpus: Share;
}

/** What stages have reserved of a node: nothing is known of one that is silent. */
export function sharesOf({ capacity, free }: Pick<Node, "capacity" | "free">): Shares | undefined {
  if (!capacity) return undefined;
  const left = free ?? capacity;
  return {
    cpus: share(capacity.cpus, left.cpus),
    memory: share(Number(capacity.memory), Number(left.memory)),
    gpus: share(capacity.gpus.length, left.gpus.length),
  };
}

export interface Totals {
  ready: number;
  silent: number;
  lost: number;
  cordoned: number;
  warned: number;
  stages: number;
  shares: Shares;
}

export function totalsOf(nodes: Iterable<Node>): Totals {
  const totals: Totals = { ready: 0, silent: 0, lost: 0, cordoned: 0, warned: 0, stages: 0, shares: nothing() };
  for (const node of nodes) {
    if (node.state === NodeState.READY) totals.ready++;
    else if (node.state === NodeState.SUSPECT) totals.silent++;
    else totals.lost++;
    if (node.policy?.cordoned) totals.cordoned++;
    if (node.warnings.length && node.state === NodeState.READY) totals.warned++;
    totals.stages += node.stages.length;
    const shares = sharesOf(node);
    if (!shares) continue;
    for (const kind of ["cpus", "memory", "gpus"] as const) {
      totals.shares[kind].reserved += shares[kind].reserved;
      totals.shares[kind].total += shares[kind].total;
    }
  }
  return totals;
}

/** How a node can be looked for by its state: the words of the address. */
export const STATES = ["ready", "silent", "lost", "cordoned", "draining", "warned", "busy", "idle"] as const;
export type StateWord = (typeof STATES)[number];

const IS: Record<StateWord, (node: Node) => boolean> = {
  ready: (node) => node.state === NodeState.READY,
  silent: (node) => node.state === NodeState.SUSPECT,
  lost: (node) => node.state === NodeState.LOST,
  cordoned: (node) => Boolean(node.policy?.cordoned),
  draining: (node) => isDraining(node),
  warned: (node) => node.warnings.length > 0,
  busy: (node) => node.stages.length > 0,
  idle: (node) => node.state === NodeState.READY && node.stages.length === 0,
};

export const isDraining = (node: Node): boolean => node.policy?.drainDeadline !== undefined;

export interface Looked {
  text?: string | undefined;
  tag?: string | undefined;
  state?: string | undefined;
  /** A column, with " desc" to turn it around. */
  order?: string | undefined;
}

const ORDERS: Record<string, (node: Node) => number | string> = {
  name: (node) => idOf(node.name),
  state: (node) => node.state,
  cpus: (node) => node.free?.cpus ?? -1,
  memory: (node) => Number(node.free?.memory ?? -1n),
  gpus: (node) => node.free?.gpus.length ?? -1,
  stages: (node) => node.stages.length,
};

/** Those in whose name, tags, GPUs, warnings or version each word is found, with the tag and in the state that are asked for. */
export function lookedFor(nodes: Iterable<Node>, { text = "", tag, state, order = "name" }: Looked): Node[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const is = STATES.find((one) => one === state);
  const [field = "name", backwards] = order.split(" ");
  const key = ORDERS[field] ?? idName;
  const sign = backwards === "desc" ? -1 : 1;
  return [...nodes]
    .filter((node) => {
      if (tag && !node.tags.includes(tag)) return false;
      if (is && !IS[is](node)) return false;
      if (!words.length) return true;
      const models = node.capacity?.gpus.map((gpu) => gpu.model) ?? [];
      const said = [idOf(node.name), ...node.tags, ...models, ...node.warnings, node.version].join("\n").toLowerCase();
      return words.every((word) => said.includes(word));
    })
    .sort((one, other) => sign * compared(key(one), key(other)) || byName(one, other));
}

/** All tags, the most frequent first, with the number of nodes that have each. */
export function tagsOf(nodes: Iterable<Node>): [string, number][] {
  const counts = new Map<string, number>();
  for (const node of nodes) for (const tag of node.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort(([one, few], [other, many]) => many - few || compared(one, other));
}

/** The other direction for the column that is sorted by; the first for another one. */
export function turned(order: string | undefined, column: string): string {
  return (order ?? "name") === column ? `${column} desc` : column;
}

/** GPUs of a node by UUID, with a short name for each: its number there and its model. */
export function gpuNames(capacity: Capacity | undefined): Map<string, string> {
  return new Map(capacity?.gpus.map((gpu, index) => [gpu.uuid, `GPU ${index}${gpu.model ? ` (${gpu.model})` : ""}`]));
}

/**
 * What is wrong with a node, in sentences: of a silent one since when it is, by this page's clock, since what it was told
 * counts seconds that have passed meanwhile. `now` in milliseconds.
 */
export function wrongWith({ silentSince, stages, warnings }: Node, now: number): string[] {
  if (!silentSince) return warnings.map(sentence);
  const silent = `Silent for ${duration((now - timestampMs(silentSince)) / 1000)}`;
  if (!stages.length) return [`${silent}.`];
  return [
    `${silent}: ${stages.length === 1 ? "its stage is" : `its ${stages.length} stages are`} waited for, then given up.`,
  ];
}

/** Images that have a name, by name, and how many there are without. */
export function named(images: readonly string[]): { named: string[]; unnamed: number } {
  const names = images.filter((image) => !image.startsWith("sha256:")).sort();
  return { named: names, unnamed: images.length - names.length };
}

const idName = (node: Node) => idOf(node.name);
const nothing = (): Shares => ({ cpus: share(0, 0), memory: share(0, 0), gpus: share(0, 0) });
const share = (total: number, left: number): Share => ({ reserved: Math.max(0, total - left), total });
const byName = (one: Node, other: Node) => compared(idOf(one.name), idOf(other.name));

function compared(one: number | string, other: number | string): number {
  if (typeof one === "string" && typeof other === "string")
    return one.localeCompare(other, undefined, { numeric: true });
  return Number(one) - Number(other);
}
