import { expect, test } from "vitest";
import { type Project, ProjectState } from "../api/winslow/v1/project_pb.ts";
import { type Arranged, arranged } from "./arranging.ts";
import { type Change, criteriaOf } from "./criteria.ts";
import { fake, fakes } from "./fakes.ts";

const of = (...projects: Project[]) => new Map(projects.map((project) => [project.name, project]));
const names = (list: Arranged) => list.shown.map(({ displayName }) => displayName);
const asked = (change: Change = {}) => criteriaOf(change);

test("the latest change comes first, and among equals always the same one", () => {
  const table = of(fake("b", { changed: 5 }), fake("a", { changed: 5 }), fake("c", { changed: 9 }));
  expect(names(arranged(undefined, table, asked()))).toEqual(["c", "a", "b"]);
});

test("names are in the order in which people count", () => {
  const table = of(fake("street 10"), fake("street 9"), fake("Alley"));
  expect(names(arranged(undefined, table, asked({ order: "name" })))).toEqual(["Alley", "street 9", "street 10"]);
  expect(names(arranged(undefined, table, asked({ order: "-name" })))).toEqual(["street 10", "street 9", "Alley"]);
});

test("where somebody is waited for comes before what failed and what runs", () => {
  const { AWAITING_INPUT, FAILED, RUNNING, SUCCEEDED } = ProjectState;
  const table = of(
    ...[SUCCEEDED, RUNNING, FAILED, AWAITING_INPUT].map((state) => fake(ProjectState[state], { state })),
  );
  const order = ["AWAITING_INPUT", "FAILED", "RUNNING", "SUCCEEDED"];
  expect(names(arranged(undefined, table, asked({ order: "state" })))).toEqual(order);
});

test.each([
  [{ text: "NIGHT ann" }, ["one"]],
  [{ text: "traffic" }, ["two"]],
  [{ tag: "night" }, ["one"]],
  [{ tag: "nig" }, []],
  [{ author: "ben" }, ["two"]],
  [{ pipeline: "traffic" }, ["two"]],
  [{ state: "failed" }, ["two"]],
  [{ state: "no such state" }, ["one", "two"]],
] satisfies [Change, string[]][])("%o finds %s", (change, found) => {
  const table = of(
    fake("one", { tags: ["night"] }),
    fake("two", { author: "ben", source: "pipelines/traffic", state: ProjectState.FAILED }),
  );
  expect(names(arranged(undefined, table, asked(change))).sort()).toEqual(found);
});

test("states are counted among what is looked for, whichever of them is shown", () => {
  const table = of(fake("a", { state: ProjectState.FAILED, tags: ["x"] }), fake("b", { tags: ["x"] }), fake("c"));
  const list = arranged(undefined, table, asked({ tag: "x", state: "failed" }));
  expect(names(list)).toEqual(["a"]);
  expect([...list.counts]).toEqual([
    [ProjectState.FAILED, 1],
    [ProjectState.IDLE, 1],
  ]);
});

test("a change moves what changed and nothing else, as if all were sorted anew", () => {
  const table = fakes(2000);
  for (const change of [
    {},
    { order: "name" },
    { text: "street 1", order: "-state" },
    { state: "running" },
  ] as Change[]) {
    let list = arranged(undefined, table, asked(change));
    let now = table;
    for (let turn = 0; turn < 30; turn++) {
      now = new Map(now);
      const index = (turn * 37) % 2000;
      const name = `projects/street-${index}`;
      if (turn % 5 === 0) now.delete(name);
      else
        now.set(
          name,
          fake(`street-${index}`, { displayName: `Street 1${turn}`, state: 1 + (turn % 6), changed: turn }),
        );
      if (turn % 7 === 0) now.set(`projects/new-${turn}`, fake(`new-${turn}`, { displayName: `street 1 ${turn}` }));
      list = arranged(list, now, asked(change));
      const anew = arranged(undefined, now, asked(change));
      expect(list.shown).toEqual(anew.shown);
      expect(new Map(list.counts)).toEqual(new Map(anew.counts));
    }
  }
});

test("what changes nothing that is looked for gives the same list, so that nothing is drawn", () => {
  const table = of(fake("a", { tags: ["x"] }), fake("b"));
  const list = arranged(undefined, table, asked({ tag: "x" }));
  const next = arranged(list, new Map([...table, ["projects/b", fake("b", { changed: 1 })]]), asked({ tag: "x" }));
  expect(next.shown).toBe(list.shown);
  expect(next.counts).toBe(list.counts);
});

test("among ten thousand a change takes a few milliseconds, and so does a letter", () => {
  const table = fakes(10_000);
  let list = arranged(undefined, table, asked());
  arranged(undefined, table, asked({ text: "x" })); // what is searched in is put together once
  // The best of several: the machine may be busy with other things.
  const spent = (work: () => void) => {
    const times = Array.from({ length: 15 }, () => {
      const began = performance.now();
      work();
      return performance.now() - began;
    });
    return Math.min(...times);
  };
  let turn = 0;
  const change = spent(() => {
    turn++;
    const next = new Map(list.table);
    next.set(`projects/street-${turn}`, fake(`street-${turn}`, { changed: 2e12 + turn }));
    list = arranged(list, next, asked());
  });
  const letter = spent(() => arranged(list, table, asked({ text: `street ${turn++}` })));
  console.info(`of 10,000 projects: a change ${change.toFixed(1)} ms, a letter ${letter.toFixed(1)} ms`);
  expect(change).toBeLessThan(50);
  expect(letter).toBeLessThan(50);
});
