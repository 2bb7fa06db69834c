import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ChangeSchema } from "../api/winslow/v1/event_pb.ts";
import { applied } from "./tables.ts";

const node = (name: string) => create(ChangeSchema, { name, resource: { case: "node", value: { name } } });
const project = (name: string) => create(ChangeSchema, { name, resource: { case: "project", value: { name } } });
const gone = (name: string) => create(ChangeSchema, { name, deleted: true });

test("what was deleted is gone, and tables that nothing changed in stay the same", () => {
  const before = applied({}, [node("nodes/a"), project("projects/p"), project("projects/q")]);
  const after = applied(before, [gone("projects/p")]);
  expect([...(after.project?.keys() ?? [])]).toEqual(["projects/q"]);
  expect([...(before.project?.keys() ?? [])]).toEqual(["projects/p", "projects/q"]);
  expect(after.node).toBe(before.node);
});

test("nothing changed is nothing new", () => {
  const before = applied({}, [node("nodes/a")]);
  expect(applied(before, [])).toBe(before);
  expect(applied(before, [gone("projects/unknown")])).toBe(before);
});

test("of several changes in one batch the last holds", () => {
  const after = applied({}, [project("projects/p"), gone("projects/p"), project("projects/p")]);
  expect([...(after.project?.keys() ?? [])]).toEqual(["projects/p"]);
});
