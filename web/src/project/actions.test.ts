import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ProjectSchema } from "../api/winslow/v1/project_pb.ts";
import { type Run, RunSchema } from "../api/winslow/v1/run_pb.ts";
import { projectActions } from "./actions.ts";

const project = (live: number, deleting = false) =>
  create(ProjectSchema, {
    name: "projects/p",
    deleting,
    currentStages: Array.from({ length: live }, (_, index) => `projects/p/stages/s${index}`),
  });
const going = create(RunSchema, { name: "projects/p/runs/1" });
const held = (code: string) => create(RunSchema, { name: "projects/p/runs/2", hold: { reason: { code } } });
const can = (live: number, runs: Run[], deleting = false) =>
  projectActions(project(live, deleting), runs).flatMap(({ key, refused }) => (refused ? [] : [key]));

test.each([
  ["idle", 0, [], ["start", "delete"]],
  ["running", 2, [going], ["pause", "abort", "delete"]],
  ["waiting for a person", 0, [going], ["start", "pause", "delete"]],
  ["paused", 0, [held("PAUSED")], ["start", "resume", "resume-one", "delete"]],
  ["pausing", 1, [held("PAUSED")], ["resume", "resume-one", "abort", "delete"]],
  ["one paused, one not", 1, [held("PAUSED"), going], ["pause", "resume", "resume-one", "abort", "delete"]],
] as const)("while it is %s, that is what can be done", (_, live, runs, expected) => {
  expect(can(live, [...runs])).toEqual(expected);
});

test("nothing can be done with a project that is being deleted", () => {
  expect(can(2, [going], true)).toEqual([]);
});

test("nothing is started in a project without a pipeline, and it is said what is missing", () => {
  const files = create(ProjectSchema, { name: "projects/p", reason: { code: "PIPELINE_MISSING" } });
  const start = projectActions(files, []).find(({ key }) => key === "start");
  expect(start?.refused).toContain("choose one first");
});

test("to resume after a failure says that it is tried again", () => {
  const does = projectActions(project(0), [held("STAGE_FAILED")]).find(({ key }) => key === "resume")?.does;
  expect(does).toContain("what failed is tried again");
});
