import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { type Node, NodeSchema, NodeState } from "../api/winslow/v1/node_pb.ts";
import { lookedFor, named, sharesOf, tagsOf, totalsOf, turned, wrongWith } from "./capacity.ts";

const node = (
  id: string,
  more: Partial<{ state: NodeState; free: number; tags: string[]; cordoned: boolean }> = {},
): Node =>
  create(NodeSchema, {
    name: `nodes/${id}`,
    state: more.state ?? NodeState.READY,
    tags: more.tags ?? [],
    capacity: { cpus: 8, memory: 1000n, gpus: [{ uuid: `${id}-0`, model: "RTX 6000" }] },
    free: { cpus: more.free ?? 8, memory: 400n, gpus: [] },
    ...(more.cordoned ? { policy: { name: `nodes/${id}`, cordoned: true } } : {}),
  });
const ids = (nodes: readonly Node[]) => nodes.map((one) => one.name.slice("nodes/".length));

test("what is reserved is what is not free", () => {
  expect(sharesOf(node("a", { free: 6.5 }))).toEqual({
    cpus: { reserved: 1.5, total: 8 },
    memory: { reserved: 600, total: 1000 },
    gpus: { reserved: 1, total: 1 },
  });
  expect(sharesOf(create(NodeSchema, { name: "nodes/gone" }))).toBeUndefined();
});

test("all nodes together have what each has, and are counted by how they are", () => {
  const silent = create(NodeSchema, { name: "nodes/s", state: NodeState.SUSPECT, stages: ["x", "y"] });
  const totals = totalsOf([node("a", { free: 6 }), node("b", { cordoned: true }), silent]);
  expect(totals).toMatchObject({ ready: 2, silent: 1, lost: 0, cordoned: 1, stages: 2 });
  expect(totals.shares.cpus).toEqual({ reserved: 2, total: 16 });
});

test("nodes are looked for by words, tag and state at once", () => {
  const all = [
    node("a1", { tags: ["ssd"] }),
    node("a2", { tags: ["hdd"] }),
    node("b1", { tags: ["ssd"], cordoned: true }),
  ];
  expect(ids(lookedFor(all, { text: "a" }))).toEqual(["a1", "a2"]);
  expect(ids(lookedFor(all, { tag: "ssd" }))).toEqual(["a1", "b1"]);
  expect(ids(lookedFor(all, { tag: "ssd", state: "cordoned" }))).toEqual(["b1"]);
  expect(ids(lookedFor(all, { text: "rtx 6000 b1" }))).toEqual(["b1"]);
  expect(ids(lookedFor(all, { state: "nonsense" }))).toHaveLength(3);
});

test("names are ordered as people count, and a column is turned around", () => {
  const all = [node("n10", { free: 1 }), node("n9", { free: 3 }), node("n1", { free: 2 })];
  expect(ids(lookedFor(all, {}))).toEqual(["n1", "n9", "n10"]);
  expect(ids(lookedFor(all, { order: "cpus desc" }))).toEqual(["n9", "n1", "n10"]);
  expect(ids(lookedFor(all, { order: "nonsense" }))).toEqual(["n1", "n9", "n10"]);
  expect(turned(undefined, "name")).toBe("name desc");
  expect(turned("cpus desc", "cpus")).toBe("cpus");
});

test("tags are told with how many nodes have them", () => {
  const all = [node("a", { tags: ["ssd", "hall"] }), node("b", { tags: ["ssd"] })];
  expect(tagsOf(all)).toEqual([
    ["ssd", 2],
    ["hall", 1],
  ]);
});

test("of a silent node it is told since when, by the clock of who looks", () => {
  const silent = create(NodeSchema, {
    silentSince: timestampFromMs(1_000),
    stages: ["projects/p/stages/s"],
    warnings: ["silent for 3 s, its 1 stages are given up in 297 s"],
  });
  expect(wrongWith(silent, 91_000)).toEqual(["Silent for 1 min 30 s: its stage is waited for, then given up."]);
  expect(wrongWith(create(NodeSchema, { warnings: ["the file system is nearly full"] }), 0)).toEqual([
    "The file system is nearly full.",
  ]);
});

test("images without a name are only counted", () => {
  expect(named(["sha256:12", "b:1", "a:2"])).toEqual({ named: ["a:2", "b:1"], unnamed: 1 });
});

test("a thousand nodes are looked through in a blink", () => {
  const all = Array.from({ length: 1000 }, (_, index) => node(`n${index}`, { tags: [`t${index % 7}`] }));
  const began = performance.now();
  expect(lookedFor(all, { text: "n t3", order: "cpus desc" })).toHaveLength(143);
  expect(performance.now() - began).toBeLessThan(100);
});
