// What a stage requires of a node, as a form has it; and whether any node has it, in words.
import { create } from "@bufbuild/protobuf";
import { type Node, NodeState } from "../api/winslow/v1/node_pb.ts";
import {
  type Capacity,
  type Gpu,
  GpuRequestSchema,
  GpuVendor,
  type Resources,
  ResourcesSchema,
} from "../api/winslow/v1/resources_pb.ts";
import { idOf } from "../parts/names.ts";
import { size } from "../parts/words.ts";
import { parseSize, writeSize } from "./sizes.ts";

/** As it is written into the fields; "" where a default is meant. */
export interface Requirements {
  cpus: string;
  memory: string;
  sharedMemory: string;
  pids: string;
  gpus: string;
  vendor: GpuVendor;
  gpuMemory: string;
  tags: string[];
}

export type Wrong = Partial<Record<keyof Requirements, string>>;

export const DEFAULT_CPUS = 1;
const MIB = 1n << 20n;
const MOST = 1n << 50n;
const TAG = /^[A-Za-z0-9][A-Za-z0-9._:/=-]{0,62}$/;

export function requirementsOf(resources: Resources): Requirements {
  return {
    cpus: resources.cpus === undefined ? "" : String(resources.cpus),
    memory: writeSize(resources.memory),
    sharedMemory: writeSize(resources.sharedMemory),
    pids: resources.pids === undefined ? "" : String(resources.pids),
    gpus: resources.gpus?.count ? String(resources.gpus.count) : "",
    vendor: resources.gpus?.vendor || GpuVendor.ANY,
    gpuMemory: writeSize(resources.gpus?.memory ?? 0n),
    tags: [...resources.tags],
  };
}

export function sameRequirements(one: Requirements, other: Requirements): boolean {
  const said = ({ tags, ...rest }: Requirements) => JSON.stringify([Object.entries(rest).sort(), [...tags].sort()]);
  return said(one) === said(other);
}

/** What is wrong, by field; empty when all of it makes sense. The bounds are those of winslow/domain/definition.py. */
export function faultsOf(asked: Requirements): Wrong {
  const wrong: Wrong = {};
  if (asked.cpus && !within(Number(asked.cpus), 0.001, 4096)) wrong.cpus = "Give 0.001 to 4096 cores";
  if (!sized(asked.memory, 6n * MIB)) wrong.memory = "Give at least 6MiB, such as 512MiB or 4GiB, or leave it empty";
  if (!sized(asked.sharedMemory, 4096n)) wrong.sharedMemory = "Give a size such as 1GiB, or leave it empty";
  if (asked.pids && !whole(asked.pids, 1, 1 << 22)) wrong.pids = "Give a whole number of 1 or more";
  if (asked.gpus && !whole(asked.gpus, 0, 256)) wrong.gpus = "Give a whole number, 0 to 256";
  if (!sized(asked.gpuMemory, 0n)) wrong.gpuMemory = "Give a size such as 16GiB, or leave it empty";
  const tag = asked.tags.find((one) => !TAG.test(one));
  if (tag !== undefined) wrong.tags = `“${tag}” is no tag: use letters, digits and . _ : / = -`;
  return wrong;
}

/** What is asked for, for the server; only of what has no faults. */
export function resourcesOf(asked: Requirements): Resources {
  const gpus = asked.gpus ? Number(asked.gpus) : 0;
  return create(ResourcesSchema, {
    ...(asked.cpus ? { cpus: Number(asked.cpus) } : {}),
    memory: parseSize(asked.memory) ?? 0n,
    sharedMemory: parseSize(asked.sharedMemory) ?? 0n,
    ...(asked.pids ? { pids: Number(asked.pids) } : {}),
    gpus: create(GpuRequestSchema, {
      count: gpus,
      vendor: asked.vendor,
      memory: gpus ? (parseSize(asked.gpuMemory) ?? 0n) : 0n,
    }),
    tags: [...asked.tags],
  });
}

/** `now`: a node has it free. `later`: one has it in all. `never`: none has it. `nobody`: there is no node. */
export interface Room {
  when: "now" | "later" | "never" | "nobody";
  text: string;
}

/** Whether any of `nodes` has what is asked for: "No node has 64 GiB of memory free; bigbox has it in all". */
export function roomFor(asked: Resources, nodes: Iterable<Node>): Room {
  const there = [...nodes].filter((node) => node.state === NodeState.READY && node.capacity);
  if (there.length === 0) return { when: "nobody", text: "No node is up: it would wait until one is" };
  const open = there.filter((node) => !node.policy?.cordoned);
  if (open.length === 0) return { when: "later", text: "Every node is cordoned: it would wait until one is not" };
  const now = open.filter((node) => lacking(asked, node.free ?? node.capacity, node.tags).length === 0);
  if (now.length) return { when: "now", text: `${names(now)} ${now.length === 1 ? "has" : "have"} it free now` };
  const inAll = open.filter((node) => lacking(asked, node.capacity, node.tags).length === 0);
  const said = lacked(asked, inAll.length ? inAll : open, inAll.length > 0);
  if (inAll.length) {
    const has = inAll.length === 1 ? "has it" : "have it";
    return { when: "later", text: `No node has ${said} free; ${names(inAll)} ${has} in all: it would wait` };
  }
  return { when: "never", text: `No node has ${said}: it would wait for ever` };
}

/** What is missing on all of `nodes`; where they miss different things, what the first one misses. */
function lacked(asked: Resources, nodes: readonly Node[], free: boolean): string {
  const each = nodes.map((node) => lacking(asked, free ? (node.free ?? node.capacity) : node.capacity, node.tags));
  const everywhere = (each[0] ?? []).filter((one) => each.every((lacks) => lacks.includes(one)));
  return (everywhere.length ? everywhere : ["all of it together"]).join(" and ");
}

/** What `has` lacks of what is asked for, in words that can stand behind "no node has". */
export function lacking(asked: Resources, has: Capacity | undefined, tags: readonly string[]): string[] {
  if (!has) return ["anything known"];
  const lacks: string[] = [];
  const cpus = asked.cpus ?? DEFAULT_CPUS;
  if (cpus > has.cpus + 1e-6) lacks.push(cpuWords(cpus));
  if (asked.memory > has.memory) lacks.push(`${size(asked.memory)} of memory`);
  const gpus = asked.gpus;
  if (gpus && gpus.count > has.gpus.filter((gpu) => fits(gpus, gpu)).length) lacks.push(gpuWords(gpus));
  const missing = asked.tags.filter((tag) => !tags.includes(tag)).sort();
  if (missing.length) lacks.push(`the ${missing.length === 1 ? "tag" : "tags"} ${missing.join(", ")}`);
  return lacks;
}

const cpuWords = (cpus: number) => `${cpus} ${cpus === 1 ? "CPU" : "CPUs"}`;

function fits(asked: { vendor: GpuVendor; memory: bigint }, gpu: Gpu): boolean {
  const any = asked.vendor === GpuVendor.ANY || asked.vendor === GpuVendor.UNSPECIFIED;
  return (any || gpu.vendor === asked.vendor) && gpu.memory >= asked.memory;
}

export const VENDOR_WORDS: Record<GpuVendor, string> = {
  [GpuVendor.UNSPECIFIED]: "any",
  [GpuVendor.ANY]: "any",
  [GpuVendor.NVIDIA]: "NVIDIA",
  [GpuVendor.AMD]: "AMD",
};

function gpuWords({ count, vendor, memory }: { count: number; vendor: GpuVendor; memory: bigint }): string {
  const kind = vendor === GpuVendor.NVIDIA || vendor === GpuVendor.AMD ? `${VENDOR_WORDS[vendor]} ` : "";
  return `${count} ${kind}${count === 1 ? "GPU" : "GPUs"}${memory ? ` of ${size(memory)}` : ""}`;
}

/** What a stage requires, in one line. */
export function resourceWords(resources: Resources): string {
  const cpus = resources.cpus ?? DEFAULT_CPUS;
  const parts = [cpuWords(cpus)];
  parts.push(resources.memory ? `${size(resources.memory)} of memory` : "memory without a limit");
  if (resources.gpus?.count) parts.push(gpuWords(resources.gpus));
  if (resources.tags.length) parts.push(`tags ${[...resources.tags].sort().join(", ")}`);
  return parts.join(", ");
}

const NAMED = 3;

function names(nodes: readonly Node[]): string {
  const ids = nodes.map((node) => idOf(node.name)).sort();
  const shown = ids.slice(0, NAMED);
  if (ids.length > NAMED) return `${shown.join(", ")} and ${ids.length - NAMED} more nodes`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}` : (shown[0] ?? "");
}

const within = (value: number, low: number, high: number) => value >= low && value <= high;
const whole = (text: string, low: number, high: number) => /^[0-9]+$/.test(text) && within(Number(text), low, high);

function sized(text: string, least: bigint): boolean {
  if (!text.trim()) return true;
  const bytes = parseSize(text);
  return bytes !== undefined && (bytes === 0n || bytes >= least) && bytes <= MOST;
}
