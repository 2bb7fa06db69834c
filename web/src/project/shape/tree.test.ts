import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { GateSchema, HoldSchema } from "../../api/winslow/v1/run_pb.ts";
import { StageState } from "../../api/winslow/v1/stage_pb.ts";
import { frontOf } from "./front.ts";
import { placed } from "./layout.ts";
import { type TreeNode, treeOf } from "./tree.ts";
import { anyWorld, pipelineOf, runCalled, stageCalled, sweepCalled, World } from "./worlds.ts";

const DIAMOND = pipelineOf("prepare:", "left: prepare", "right: prepare", "look: left right", "long: look");

const short = (key: string) => key.slice(key.lastIndexOf("/") + 1);
const keys = (nodes: readonly TreeNode[]) => nodes.map(({ key }) => short(key));
const ghosts = (world: World) =>
  treeOf(world.facts()).nodes.flatMap((node) => (node.kind === "ghost" ? [[short(node.key), node.ghost.waiting]] : []));

function halfway(): World {
  const world = new World(DIAMOND);
  world.begin(1, ["prepare"]);
  world.attempt("prepare-1", { at: "prepare", run: 1 });
  world.attempt("left-1", { at: "left", run: 1, parent: "prepare-1" });
  world.attempt("right-1", { at: "right", run: 1, parent: "prepare-1", state: StageState.RUNNING });
  return world;
}

test("a project that never ran is its zeroth workspace alone", () => {
  expect(keys(treeOf(new World(DIAMOND).facts()).nodes)).toEqual([""]);
});

test("what comes next stands as ghosts behind what it waits for", () => {
  const world = halfway();
  expect(ghosts(world)).toEqual([
    ["look", "later"],
    ["long", "later"],
  ]);
  const look = treeOf(world.facts()).byKey.get(`${runCalled(1)}/look`);
  expect(look?.parent).toBe(stageCalled("left-1"));
  expect(look?.joined).toEqual([stageCalled("right-1")]);
});

test("a gate is a ghost that waits for a person, and is where one looks first", () => {
  const world = halfway();
  const run = world.runs.get(runCalled(1));
  const right = world.stages.get(stageCalled("right-1"));
  if (!run || !right) throw new Error("the world has neither");
  right.state = StageState.SUCCEEDED;
  run.gates = [create(GateSchema, { run: run.name, definition: "look", confirmationNeeded: true })];
  expect(ghosts(world)).toEqual([
    ["look", "gate"],
    ["long", "later"],
  ]);
  expect(frontOf(treeOf(world.facts()))).toBe(`${run.name}/look`);
});

test("nothing is said to come after a run that has ended", () => {
  const world = halfway();
  world.end(1);
  expect(ghosts(world)).toEqual([]);
});

test("a paused run says that what would begin waits for it to be resumed", () => {
  const world = halfway();
  const run = world.runs.get(runCalled(1));
  const right = world.stages.get(stageCalled("right-1"));
  if (!run || !right) throw new Error("the world has neither");
  right.state = StageState.SUCCEEDED;
  run.hold = create(HoldSchema, {});
  expect(ghosts(world)[0]).toEqual(["look", "paused"]);
});

test("what was asked for alone is all that begins", () => {
  const world = new World(DIAMOND);
  world.begin(1, ["prepare"]).only = ["prepare"];
  expect(ghosts(world)[0]).toEqual(["prepare", "next"]);
  world.attempt("prepare-1", { at: "prepare", run: 1 });
  expect(Object.fromEntries(ghosts(world))).toEqual({ left: "paused", right: "paused", look: "later", long: "later" });
});

test("a point of a sweep that is one stage has nothing after it", () => {
  const world = new World(DIAMOND);
  world.sweep("w", "prepare");
  world.open.add(sweepCalled("w"));
  world.begin(1, ["prepare"], { sweep: "w" }).only = ["prepare"];
  world.attempt("prepare-1", { at: "prepare", run: 1, state: StageState.RUNNING });
  expect(ghosts(world)).toEqual([]);
});

test("a condition that is still open is told, and one that did not hold leaves no ghost", () => {
  const world = new World(pipelineOf("a:", "b: a?", "c: b", "d: a"));
  world.begin(1, ["a"]);
  world.attempt("a-1", { at: "a", run: 1, state: StageState.RUNNING });
  const told = treeOf(world.facts()).nodes.flatMap((node) => (node.kind === "ghost" ? [node.ghost.when] : []));
  expect(told).toEqual(["of a?", "", ""]);
  const first = world.stages.get(stageCalled("a-1"));
  if (!first) throw new Error("the world has no a");
  first.state = StageState.SUCCEEDED;
  expect(ghosts(world)).toEqual([["d", "next"]]);
});

test("a redo branches beside the attempt it does again, and the current path leaves the old one", () => {
  const world = halfway();
  world.end(1);
  world.begin(2, ["left"], { parent: "prepare-1", inherited: { prepare: "prepare-1", right: "right-1" } });
  world.attempt("left-2", { at: "left", run: 2, parent: "prepare-1" });
  const tree = treeOf(world.facts());
  expect(tree.children.get(stageCalled("prepare-1"))?.map(short)).toEqual(["left-1", "right-1", "left-2"]);
  const current = tree.nodes.filter((node) => node.kind === "stage" && node.current);
  expect(keys(current).sort()).toEqual(["left-2", "prepare-1", "right-1"]);
});

test("the first attempt of each run says which run it begins", () => {
  const world = halfway();
  world.end(1);
  world.begin(2, ["left"], { parent: "prepare-1" });
  world.attempt("left-2", { at: "left", run: 2, parent: "prepare-1" });
  const begun = treeOf(world.facts()).nodes.flatMap((node) =>
    node.kind === "stage" && node.begins ? [[short(node.key), node.begins.number]] : [],
  );
  expect(begun).toEqual([
    ["prepare-1", 1n],
    ["left-2", 2n],
  ]);
});

test("attempts are stale once what they were made from was done again", () => {
  const world = halfway();
  world.attempt("look-1", { at: "look", run: 1, parent: "left-1", joined: ["right-1"] });
  world.end(1);
  world.begin(2, ["left"], { parent: "prepare-1" });
  world.attempt("left-2", { at: "left", run: 2, parent: "prepare-1" });
  world.attempt("look-2", { at: "look", run: 2, parent: "left-2", joined: ["right-1"] });
  const stale = treeOf(world.facts()).nodes.filter((node) => node.kind === "stage" && node.stale);
  expect(keys(stale)).toEqual(["look-1"]);
});

test("a jump onto an older attempt is not stale: it was made on purpose", () => {
  const world = halfway();
  world.end(1);
  world.begin(2, ["left"], { parent: "prepare-1" });
  world.attempt("left-2", { at: "left", run: 2, parent: "prepare-1" });
  world.end(2);
  world.begin(3, ["look"], { parent: "left-1" });
  world.attempt("look-3", { at: "look", run: 3, parent: "left-1" });
  expect(treeOf(world.facts()).nodes.filter((node) => node.kind === "stage" && node.stale)).toEqual([]);
});

function swept(points: number): World {
  const world = new World(DIAMOND);
  world.begin(1, ["prepare"]);
  world.attempt("prepare-1", { at: "prepare", run: 1 });
  world.end(1);
  world.sweep("w", "left", "prepare-1");
  for (let point = 0; point < points; point++) {
    world.begin(2 + point, ["left"], { parent: "prepare-1", sweep: "w" });
    world.attempt(`left-${2 + point}`, { at: "left", run: 2 + point, parent: "prepare-1" });
    world.end(2 + point);
  }
  return world;
}

test("points of a sweep are one node until it is opened", () => {
  const world = swept(30);
  expect(keys(treeOf(world.facts()).nodes)).toEqual(["", "prepare-1", "w"]);
  world.open.add(sweepCalled("w"));
  expect(treeOf(world.facts()).nodes).toHaveLength(33);
});

test("points of a sweep make nothing stale, neither each other's followers nor what was there", () => {
  const world = new World(DIAMOND);
  world.begin(1, ["prepare"]);
  world.attempt("prepare-1", { at: "prepare", run: 1 });
  world.attempt("left-1", { at: "left", run: 1, parent: "prepare-1" });
  world.attempt("look-1", { at: "look", run: 1, parent: "left-1" });
  world.sweep("w", "left", "prepare-1");
  world.open.add(sweepCalled("w"));
  world.begin(2, ["left"], { parent: "prepare-1", sweep: "w" });
  world.attempt("left-2", { at: "left", run: 2, parent: "prepare-1" });
  world.attempt("look-2", { at: "look", run: 2, parent: "left-2" });
  world.begin(9, ["left"], { parent: "prepare-1", sweep: "w" });
  world.attempt("left-9", { at: "left", run: 9, parent: "prepare-1" });
  expect(treeOf(world.facts()).nodes.filter((node) => node.kind === "stage" && node.stale)).toEqual([]);
});

test("the point of a sweep that somebody goes on from is drawn though the sweep is closed", () => {
  const world = swept(30);
  world.begin(99, ["look"], { parent: "left-7" });
  world.attempt("look-99", { at: "look", run: 99, parent: "left-7" });
  expect(keys(treeOf(world.facts()).nodes)).toEqual(["", "prepare-1", "w", "left-7", "look-99", "long"]);
});

test("what is not loaded is told as an earlier attempt", () => {
  const world = new World(DIAMOND);
  world.begin(5, ["left"], { parent: "prepare-1" });
  world.attempt("left-5", { at: "left", run: 5, parent: "prepare-1" });
  const earlier = treeOf(world.facts()).nodes.filter(({ kind }) => kind === "earlier");
  expect(keys(earlier)).toEqual(["prepare-1"]);
});

const seeds = (count: number) => Array.from({ length: count }, (_, seed) => seed);

test("whatever happened, each attempt is drawn once or folded once", () => {
  for (const seed of seeds(150)) {
    const world = anyWorld(seed, 1 + (seed % 40));
    const tree = treeOf(world.facts());
    expect(new Set(tree.nodes.map(({ key }) => key)).size, `seed ${seed}`).toBe(tree.nodes.length);
    expect(tree.nodes.length, `seed ${seed}`).toBe(tree.byKey.size);
    const drawn = tree.nodes.filter(({ kind }) => kind === "stage").length;
    const hidden = tree.nodes.reduce((sum, node) => sum + (node.kind === "sweep" ? node.hidden : 0), 0);
    expect(drawn + hidden, `seed ${seed}`).toBe(world.stages.size);
  }
});

test("whatever happened, no place is taken twice and everything stands right of what it was made from", () => {
  for (const seed of seeds(150)) {
    const tree = treeOf(anyWorld(seed, 1 + (seed % 40)).facts());
    const { places, rows, columns } = placed(tree);
    const taken = new Set([...places.values()].map(({ row, column }) => `${row}/${column}`));
    expect(taken.size, `seed ${seed}`).toBe(tree.nodes.length);
    for (const node of tree.nodes) {
      const at = places.get(node.key);
      expect(at && at.row < rows && at.column < columns, `seed ${seed}`).toBe(true);
      for (const from of [...(node.parent === undefined ? [] : [node.parent]), ...node.joined]) {
        expect(places.get(from)?.column ?? -1, `seed ${seed}: ${node.key}`).toBeLessThan(at?.column ?? 0);
      }
    }
  }
});

test("whatever happened, no branch runs through a node", () => {
  for (const seed of seeds(100)) {
    const tree = treeOf(anyWorld(seed, 30).facts());
    const { places } = placed(tree);
    const at = new Set([...places.values()].map(({ row, column }) => `${row}/${column}`));
    for (const node of tree.nodes) {
      const [from, to] = [node.parent === undefined ? undefined : places.get(node.parent), places.get(node.key)];
      if (!from || !to) continue;
      // Down beside its parent, then along its own row.
      for (let column = from.column + 1; column < to.column; column++) {
        expect(at.has(`${to.row}/${column}`), `seed ${seed}`).toBe(false);
      }
    }
  }
});

test("one more attempt moves nothing that is above it", () => {
  const world = anyWorld(7, 30);
  const before = placed(treeOf(world.facts())).places;
  const run = Math.max(...[...world.runs.values()].map(({ number }) => Number(number)));
  world.attempt("s-new", { at: "d0", run });
  const after = placed(treeOf(world.facts())).places;
  const row = after.get(stageCalled("s-new"))?.row ?? 0;
  for (const [key, place] of before) if (place.row < row) expect(after.get(key)).toEqual(place);
});
