import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { PipelineSchema } from "../api/winslow/v1/pipeline_pb.ts";
import { ProjectSchema } from "../api/winslow/v1/project_pb.ts";
import { calledOf, choosable, counted, madeFrom, matching, uses } from "./summary.ts";

const pipeline = (id: string, displayName = "", description = "", author = "ann") =>
  create(PipelineSchema, { name: `pipelines/${id}`, author, spec: { displayName, description } });
const project = (id: string, source: string, version: number, active = 0) =>
  create(ProjectSchema, {
    name: `projects/${id}`,
    source: `pipelines/${source}`,
    sourceVersion: BigInt(version),
    activityTime: timestampFromMs(active),
  });

test("pipelines are found by every word, in name, description or author", () => {
  const all = [pipeline("b", "Traffic", "Finds cars"), pipeline("a", "Other", "", "bob"), pipeline("c")];
  expect(matching(all, "cars ann").map(calledOf)).toEqual(["Traffic"]);
  expect(matching(all, "BOB").map(calledOf)).toEqual(["Other"]);
  expect(matching(all, "").map(calledOf)).toEqual(["c", "Other", "Traffic"]);
});

test("two pipelines that are called the same are told apart where one is chosen", () => {
  const all = [pipeline("b", "Traffic"), pipeline("a", "Traffic"), pipeline("c")];
  expect(choosable(all).map(({ label }) => label)).toEqual(["c", "Traffic (b)", "Traffic (a)"]);
});

test("projects are counted by the pipeline that they were made from; those that were made of none are not", () => {
  const none = create(ProjectSchema, { name: "projects/x" });
  expect(uses([project("p", "a", 1), project("q", "a", 2), none])).toEqual(new Map([["pipelines/a", 2]]));
});

test("of the projects made from a pipeline those that are furthest behind come first", () => {
  const all = [project("new", "a", 2), project("idle", "a", 1, 10), project("busy", "a", 1, 20), project("z", "b", 1)];
  expect(madeFrom(all, "pipelines/a").map((one) => one.name)).toEqual([
    "projects/busy",
    "projects/idle",
    "projects/new",
  ]);
});

test("one is not several", () => {
  expect(counted(1, "project")).toBe("1 project");
  expect(counted(0, "project")).toBe("0 projects");
});
