import { expect, test } from "vitest";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { arranged } from "./arranging.ts";
import { calmed } from "./calm.ts";
import { criteriaOf } from "./criteria.ts";
import { fake } from "./fakes.ts";

const of = (...projects: Project[]) => new Map(projects.map((project) => [project.name, project]));
const sorted = (table: ReadonlyMap<string, Project>) => arranged(undefined, table, criteriaOf({})).shown;
const names = (projects: readonly Project[]) => projects.map(({ displayName }) => displayName);

const before = of(fake("a", { changed: 30 }), fake("b", { changed: 20 }), fake("c", { changed: 10 }));
const calm = (after: ReadonlyMap<string, Project>) => calmed(sorted(before), sorted(after), after);

test("what would move stays where it is, shown as it is now", () => {
  const changed = fake("c", { changed: 99, displayName: "c, changed" });
  const now = calm(new Map([...before, [changed.name, changed]]));
  expect(names(now.shown)).toEqual(["a", "b", "c, changed"]);
  expect(now.waiting).toBe(1);
});

test("what changes in its place waits for nothing", () => {
  const changed = fake("b", { changed: 21, displayName: "b, changed" });
  const now = calm(new Map([...before, [changed.name, changed]]));
  expect(names(now.shown)).toEqual(["a", "b, changed", "c"]);
  expect(now.waiting).toBe(0);
});

test("what is new waits, and what was deleted stays until then", () => {
  const after = new Map([...before, ["projects/d", fake("d", { changed: 50 })]]);
  after.delete("projects/b");
  const now = calm(after);
  expect(names(now.shown)).toEqual(["a", "b", "c"]);
  expect(now.waiting).toBe(2);
});
