import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { NodeSchema, NodeState } from "../api/winslow/v1/node_pb.ts";
import { CapacitySchema, GpuVendor, ResourcesSchema } from "../api/winslow/v1/resources_pb.ts";
import { faultsOf, requirementsOf, resourcesOf, resourceWords, roomFor, sameRequirements } from "./requirements.ts";

const GIB = 1n << 30n;

function node(name: string, free: bigint, all: bigint, more: MessageInitShape<typeof NodeSchema> = {}) {
  return create(NodeSchema, {
    name: `nodes/${name}`,
    state: NodeState.READY,
    capacity: create(CapacitySchema, { cpus: 16, memory: all }),
    free: create(CapacitySchema, { cpus: 16, memory: free }),
    ...more,
  });
}
const asking = (more: MessageInitShape<typeof ResourcesSchema>) => create(ResourcesSchema, more);

test("what is defined can be written into the form and read back the same", () => {
  const defined = asking({
    cpus: 2.5,
    memory: 3n * GIB,
    pids: 100,
    gpus: { count: 2, vendor: GpuVendor.NVIDIA, memory: 16n * GIB },
    tags: ["fast"],
  });
  expect(resourcesOf(requirementsOf(defined))).toEqual(defined);
  expect(sameRequirements(requirementsOf(defined), requirementsOf(defined))).toBe(true);
});

test("what is unset stays unset, so that the server's defaults hold", () => {
  const sent = resourcesOf(requirementsOf(asking({})));
  expect(sent.cpus).toBeUndefined();
  expect(sent.pids).toBeUndefined();
});

test("what makes no sense is told at its field", () => {
  const blank = requirementsOf(asking({}));
  expect(faultsOf(blank)).toEqual({});
  const wrong = faultsOf({
    ...blank,
    cpus: "0",
    memory: "1MiB",
    pids: "1.5",
    gpus: "-1",
    gpuMemory: "x",
    tags: ["a b"],
  });
  expect(Object.keys(wrong).sort()).toEqual(["cpus", "gpuMemory", "gpus", "memory", "pids", "tags"]);
});

test("a node that has it free is named", () => {
  expect(roomFor(asking({ memory: GIB }), [node("small", 2n * GIB, 4n * GIB)])).toEqual({
    when: "now",
    text: "small has it free now",
  });
});

test("where no node has it free, those are named that have it in all", () => {
  const nodes = [node("bigbox", 10n * GIB, 128n * GIB), node("small", 2n * GIB, 4n * GIB)];
  expect(roomFor(asking({ memory: 64n * GIB }), nodes)).toEqual({
    when: "later",
    text: "No node has 64 GiB of memory free; bigbox has it in all: it would wait",
  });
});

test("what no node has at all is waited for for ever", () => {
  const nodes = [node("small", 2n * GIB, 4n * GIB)];
  const room = roomFor(asking({ memory: GIB, gpus: { count: 1, vendor: GpuVendor.NVIDIA }, tags: ["video"] }), nodes);
  expect(room).toEqual({ when: "never", text: "No node has 1 NVIDIA GPU and the tag video: it would wait for ever" });
});

test("a GPU counts when its maker and its memory are what is asked for", () => {
  const gpus = [
    { uuid: "a", vendor: GpuVendor.NVIDIA, memory: 24n * GIB },
    { uuid: "b", vendor: GpuVendor.AMD, memory: 48n * GIB },
  ];
  const capacity = { cpus: 16, memory: 64n * GIB, gpus };
  const nodes = [node("gpubox", 0n, 0n, { capacity, free: capacity })];
  const want = (vendor: GpuVendor, memory: bigint) =>
    roomFor(asking({ gpus: { count: 1, vendor, memory } }), nodes).when;
  expect(want(GpuVendor.NVIDIA, 24n * GIB)).toBe("now");
  expect(want(GpuVendor.NVIDIA, 32n * GIB)).toBe("never");
  expect(want(GpuVendor.ANY, 32n * GIB)).toBe("now");
});

test("cordoned and silent nodes take nothing", () => {
  const cordoned = node("a", 8n * GIB, 8n * GIB, { policy: { cordoned: true } });
  const silent = node("b", 8n * GIB, 8n * GIB, { state: NodeState.SUSPECT });
  expect(roomFor(asking({}), [cordoned, silent]).text).toMatch(/^Every node is cordoned/);
  expect(roomFor(asking({}), [silent]).when).toBe("nobody");
});

test("ten tenths of a core fit into one", () => {
  const tenth = node("a", GIB, GIB, { free: { cpus: 1 - 9 * 0.1, memory: GIB } });
  expect(roomFor(asking({ cpus: 0.1 }), [tenth]).when).toBe("now");
});

test("a stage's requirements are one line", () => {
  expect(
    resourceWords(asking({ cpus: 2, memory: 4n * GIB, gpus: { count: 2, memory: 16n * GIB }, tags: ["b", "a"] })),
  ).toBe("2 CPUs, 4.0 GiB of memory, 2 GPUs of 16 GiB, tags a, b");
});
