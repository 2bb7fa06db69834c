import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { RunEnd, RunSchema } from "../api/winslow/v1/run_pb.ts";
import { StageSchema, StageState } from "../api/winslow/v1/stage_pb.ts";
import { guide, next } from "./guide.ts";

const run = (number: number, more: MessageInitShape<typeof RunSchema> = {}) =>
  create(RunSchema, { name: `projects/example/runs/${number}`, number: BigInt(number), ...more });
const gate = { run: "projects/example/runs/1", definition: "track" };
const answered = { answers: { track: { by: "ann" } } };
const detect = (id: string, state: StageState, at = 1) =>
  create(StageSchema, {
    name: `projects/example/stages/${id}`,
    definition: { name: "detect" },
    state,
    createTime: timestampFromMs(at),
  });
const { RUNNING, SUCCEEDED } = StageState;

const now = (runs: ReturnType<typeof run>[], stages: ReturnType<typeof detect>[], compared = false) =>
  next(guide({ project: "example", runs, stages, compared }));

test("at first there is something to watch", () => {
  expect(now([run(1)], [detect("d1", RUNNING)])).toMatchObject({
    action: "Watch it",
    way: { to: "/projects/example" },
  });
});

test("then somebody is asked, and the way leads straight to the question", () => {
  const found = now([run(1, { gates: [gate] })], [detect("d1", SUCCEEDED)]);
  expect(found?.way).toEqual({ to: "/projects/example/runs/1/gates/track" });
});

test("what follows the answer goes by itself, and nothing else can be started meanwhile", () => {
  const found = now([run(1, answered)], [detect("d1", SUCCEEDED)]);
  expect(found).toMatchObject({ word: "The rest goes by itself", way: { to: "/projects/example" } });
});

test("then it is done again with another value", () => {
  const found = now([run(1, { ...answered, end: RunEnd.SUCCEEDED })], [detect("d1", SUCCEEDED)]);
  expect(found?.way).toEqual({
    to: "/projects/example/start",
    search: { redo: "d1", "env.SENSITIVITY": "75" },
  });
});

test("the second attempt is compared with the first once it has succeeded", () => {
  const runs = [run(1, answered), run(2)];
  const first = detect("d1", SUCCEEDED, 1);
  expect(now(runs, [detect("d2", RUNNING, 2), first])).toMatchObject({ word: "Compare the two", way: undefined });
  const found = now(runs, [detect("d2", SUCCEEDED, 2), first]);
  expect(found?.way).toEqual({ to: "/projects/example/compare", search: { before: "d1", after: "d2" } });
  expect(now(runs, [detect("d2", SUCCEEDED, 2), first], true)).toBe(undefined);
});

test("who sends it back at the gate has done it again already", () => {
  const found = now([run(1, { gates: [gate] }), run(2)], [detect("d1", SUCCEEDED, 1), detect("d2", SUCCEEDED, 2)]);
  expect(found).toMatchObject({ word: "Compare the two" });
});
