import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { PipelineSpecSchema } from "../api/winslow/v1/pipeline_pb.ts";
import { ProjectSchema, ProjectState } from "../api/winslow/v1/project_pb.ts";
import { RunEnd, RunSchema, RunState } from "../api/winslow/v1/run_pb.ts";
import { PreviewRunResponseSchema } from "../api/winslow/v1/run_service_pb.ts";
import { StageSchema, StageState } from "../api/winslow/v1/stage_pb.ts";
import { grounds, hindrance, outlook, startsOf, superseded } from "./choices.ts";

const spec = create(PipelineSpecSchema, {
  stages: [
    { name: "detect" },
    { name: "track", after: [{ stage: "detect" }] },
    { name: "draw", after: [{ stage: "detect" }] },
  ],
});

test("a run starts where the address says, else after the attempt it begins with, else at the beginning", () => {
  expect(startsOf(spec, "draw, track,nonsense")).toEqual(["track", "draw"]);
  expect(startsOf(spec, undefined, "detect")).toEqual(["track", "draw"]);
  expect(startsOf(spec, "nonsense")).toEqual(["detect"]);
  expect(startsOf(spec, undefined, "draw")).toEqual(["detect"]);
});

test("nothing is made from a workspace that may change, is in doubt, or is gone", () => {
  const stage = (name: string, state: StageState, more = {}) => create(StageSchema, { name, state, ...more });
  const ended = { endTime: timestampFromMs(1000) };
  const found = grounds([
    stage("a", StageState.RUNNING),
    stage("b", StageState.SUCCEEDED, ended),
    stage("c", StageState.LOST, ended),
    stage("d", StageState.FAILED, { endTime: timestampFromMs(2000) }),
    stage("e", StageState.SUCCEEDED, { ...ended, workspaceDropTime: timestampFromMs(3000) }),
  ]);
  expect(found.map(({ name }) => name)).toEqual(["d", "b"]);
});

test("what is under way is named, since a run cannot start beside it", () => {
  const running = create(ProjectSchema, {
    state: ProjectState.RUNNING,
    currentStages: ["projects/p/stages/detect-1-1-x"],
  });
  expect(hindrance(running)).toMatch(/^detect-1-1-x is under way/);
  expect(hindrance(create(ProjectSchema, { state: ProjectState.AWAITING_INPUT }))).toBeUndefined();
});

test("who waits for a person is told to be superseded, who has ended is not", () => {
  const waits = create(RunSchema, { number: 3n, state: RunState.AWAITING_INPUT });
  const ended = create(RunSchema, { number: 2n, end: RunEnd.FAILED });
  expect(superseded([ended, waits])).toMatch(/^Run 3, which waits for a person, is superseded/);
  expect(superseded([ended])).toBeUndefined();
});

test("a preview is said in words: executed, left, stale, how long, from where", () => {
  const preview = create(PreviewRunResponseSchema, {
    definitions: ["track", "draw"],
    parent: "projects/p/stages/detect-1-1-x",
    inherited: { detect: "projects/p/stages/detect-1-1-x" },
    staleStages: ["projects/p/stages/track-1-1-x"],
    estimatedDuration: durationFromMs(90_000),
    workspaceSize: 2n << 20n,
  });
  expect(outlook(preview, ["track"], false)).toEqual({
    executed: "track, draw",
    left: [["detect", "detect-1-1-x"]],
    stale: ["track-1-1-x"],
    takes: "About 1 min 30 s, as long as it took last time.",
    workspace: "It begins with the workspace of detect-1-1-x, 2.0 MiB.",
  });
  expect(outlook(preview, ["track"], true).executed).toBe("track; then it pauses before draw");
});
