import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { StageDefinitionSchema } from "../api/winslow/v1/pipeline_pb.ts";
import { Layer, StageSchema } from "../api/winslow/v1/stage_pb.ts";
import { differencesTo, shown } from "./differences.ts";
import { NO_CHANGES } from "./draft.ts";
import { lastOf } from "./last.ts";
import { presetOf, submittedFor } from "./layers.ts";

const definition = create(StageDefinitionSchema, {
  name: "detect",
  image: "tool:1",
  arguments: ["detect"],
  environment: { SENSITIVITY: "50" },
  resources: { cpus: 1 },
});
const attempt = create(StageSchema, {
  name: "projects/p/stages/detect-1-1-x",
  definition,
  environment: [
    { name: "SENSITIVITY", value: "60", layer: Layer.SUBMISSION },
    { name: "FRAME_STEP", value: "2", layer: Layer.PIPELINE },
    { name: "WINSLOW_RUN", value: "000001", layer: Layer.INTERNAL },
  ],
});
const preset = (pipeline: Record<string, string>) =>
  presetOf(definition, { global: {}, pipeline }, submittedFor(attempt, undefined));

test("made again as it was, nothing differs", () => {
  expect(differencesTo(attempt, preset({ FRAME_STEP: "2" }), NO_CHANGES)).toEqual([]);
});

test("what is changed here is told apart from what was changed elsewhere since", () => {
  const draft = { ...NO_CHANGES, environment: { SENSITIVITY: "75" }, arguments: ["detect", "a b"] };
  expect(differencesTo(attempt, preset({ FRAME_STEP: "1" }), draft)).toEqual([
    { key: "FRAME_STEP", before: "2", after: "1", here: false },
    { key: "SENSITIVITY", before: "60", after: "75", here: true },
    { key: "arguments", before: "detect", after: 'detect "a b"', here: true },
  ]);
});

test("a variable that is gone or new has nothing on one side", () => {
  const draft = { ...NO_CHANGES, environment: { MIN_AREA: "9" } };
  expect(differencesTo(attempt, preset({}), draft)).toEqual([
    { key: "FRAME_STEP", before: "2", after: undefined, here: false },
    { key: "MIN_AREA", before: undefined, after: "9", here: true },
  ]);
});

test("what was submitted then and is let go of is what lies beneath, or nothing", () => {
  const draft = { ...NO_CHANGES, unset: ["SENSITIVITY", "FRAME_STEP"] };
  expect(differencesTo(attempt, preset({ FRAME_STEP: "2", SENSITIVITY: "50" }), draft)).toEqual([
    { key: "SENSITIVITY", before: "60", after: "50", here: true },
  ]);
});

test("arguments show where each of them ends", () => {
  expect(shown(["sh", "-c", "echo 'x y'", ""])).toBe(`sh -c "echo 'x y'" ""`);
});

test("what was given the last time is offered as long as it is not so already", () => {
  const fresh = presetOf(definition, { global: {}, pipeline: {} }, { environment: {} });
  expect(lastOf(fresh, NO_CHANGES, [attempt])?.values).toEqual({ SENSITIVITY: "60" });
  expect(lastOf(fresh, { ...NO_CHANGES, environment: { SENSITIVITY: "70" } }, [attempt])).toBeUndefined();
  expect(lastOf(fresh, NO_CHANGES, [])).toBeUndefined();
});
