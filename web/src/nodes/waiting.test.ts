import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { type Stage, StageSchema, StageState } from "../api/winslow/v1/stage_pb.ts";
import { asks, inOrder, lookedThrough, NOT_ENDED } from "./waiting.ts";

const stage = (project: string, state: StageState, made: number, reason = ""): Stage =>
  create(StageSchema, {
    name: `projects/${project}/stages/s-${project}`,
    state,
    createTime: timestampFromMs(made),
    startTime: timestampFromMs(made + 1),
    definition: { name: "detect", resources: { cpus: 2, memory: 1024n, gpus: { count: 1 }, tags: ["ssd"] } },
    reason: { text: reason },
  });
const { QUEUED, RUNNING, ELECTING } = StageState;
const ids = (stages: readonly Stage[]) => stages.map((one) => one.name.split("/")[1]);

test("what waits comes first, by priority and then by how long; what runs after it, the latest first", () => {
  const all = [
    stage("old", RUNNING, 1),
    stage("new", RUNNING, 9),
    stage("late", QUEUED, 5),
    stage("early", ELECTING, 2),
    stage("urgent", QUEUED, 8),
  ];
  expect(ids(inOrder(all, (project) => (project === "urgent" ? 10 : 0)))).toEqual([
    "urgent",
    "early",
    "late",
    "new",
    "old",
  ]);
});

test("those that were made in one moment come by their numbers", () => {
  const points = [1, 10, 2].map((number) =>
    create(StageSchema, { name: `projects/p/stages/s-${number}-1-x`, state: QUEUED }),
  );
  expect(inOrder(points, () => 0).map(({ name }) => name.split("-")[1])).toEqual(["1", "2", "10"]);
});

test("stages are found by their project's name, their definition or their reason", () => {
  const all = [stage("p", QUEUED, 1, "no node has a GPU"), stage("q", RUNNING, 1)];
  const nameOf = (project: string) => (project === "p" ? "Car park" : "Crossing");
  expect(ids(lookedThrough(all, { text: "car gpu" }, nameOf))).toEqual(["p"]);
  expect(ids(lookedThrough(all, { text: "detect" }, nameOf))).toEqual(["p", "q"]);
  expect(ids(lookedThrough(all, { show: "running" }, nameOf))).toEqual(["q"]);
  expect(ids(lookedThrough(all, { show: "waiting" }, nameOf))).toEqual(["p"]);
});

test("what a stage asks of its node is told in words", () => {
  expect(asks(stage("p", QUEUED, 1), (bytes) => `${bytes} B`)).toBe("2 cores, 1024 B, 1 GPU, ssd");
  expect(asks(create(StageSchema, {}), String)).toBe("1 core");
});

test("every final state is left out of what is asked for", () => {
  const final = [StageState.SUCCEEDED, StageState.FAILED, StageState.ABORTED, StageState.LOST, StageState.SKIPPED];
  for (const state of final) expect(NOT_ENDED).toContain(`state != "${StageState[state]}"`);
  expect(NOT_ENDED.split(" AND ")).toHaveLength(final.length);
});
