import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { StageDefinitionSchema } from "../api/winslow/v1/pipeline_pb.ts";
import { OverrideSchema } from "../api/winslow/v1/run_pb.ts";
import { Layer, StageSchema } from "../api/winslow/v1/stage_pb.ts";
import { missing, NOTHING_SUBMITTED, presetOf, rowsOf, submittedFor, variableFault } from "./layers.ts";

const definition = create(StageDefinitionSchema, {
  name: "look",
  image: "tool:1",
  arguments: ["look"],
  environment: { SENSITIVITY: "50" },
  userInput: { variables: ["THRESHOLD"] },
});
const below = { global: { SENSITIVITY: "10", ZONE: "x" }, pipeline: { ZONE: "y", STEP: "2" } };

test("a variable has the value of the last layer that sets it, and says which", () => {
  const rows = rowsOf(presetOf(definition, below, NOTHING_SUBMITTED), { environment: {} });
  expect(rows.map(({ name, value, layer }) => [name, value, layer])).toEqual([
    ["THRESHOLD", "", Layer.UNSPECIFIED],
    ["SENSITIVITY", "50", Layer.STAGE],
    ["STEP", "2", Layer.PIPELINE],
    ["ZONE", "y", Layer.PIPELINE],
  ]);
});

test("what is changed here lies over all layers, and what it would be without is still told", () => {
  const row = rowsOf(presetOf(definition, below, NOTHING_SUBMITTED), { environment: { SENSITIVITY: "75" } }).find(
    ({ name }) => name === "SENSITIVITY",
  );
  expect(row).toMatchObject({ value: "75", layer: Layer.SUBMISSION, changed: true });
  expect(row?.given).toEqual([
    { layer: Layer.GLOBAL, value: "10" },
    { layer: Layer.STAGE, value: "50" },
  ]);
});

test("a variable that is asked for is missing as long as it is empty", () => {
  const preset = presetOf(definition, below, NOTHING_SUBMITTED);
  expect(missing(rowsOf(preset, { environment: {} }))).toEqual(["THRESHOLD"]);
  expect(missing(rowsOf(preset, { environment: { THRESHOLD: "" } }))).toEqual(["THRESHOLD"]);
  expect(missing(rowsOf(preset, { environment: { THRESHOLD: "3" } }))).toEqual([]);
});

test("a redo begins with what was submitted then, and with nothing that Winslow set", () => {
  const stage = create(StageSchema, {
    definition,
    environment: [
      { name: "SENSITIVITY", value: "60", layer: Layer.SUBMISSION },
      { name: "STEP", value: "1", layer: Layer.PIPELINE },
      { name: "WINSLOW_RUN", value: "000001", layer: Layer.INTERNAL },
    ],
  });
  const told = create(OverrideSchema, { arguments: { values: [] }, image: "tool:2" });
  const preset = presetOf(definition, below, submittedFor(stage, told));
  expect(preset).toMatchObject({ arguments: [], image: "tool:2" });
  const rows = rowsOf(preset, { environment: {} });
  expect(rows.find(({ name }) => name === "SENSITIVITY")).toMatchObject({
    value: "60",
    layer: Layer.SUBMISSION,
    changed: false,
  });
  expect(rows.find(({ name }) => name === "STEP")?.value).toBe("2");
  expect(rows.some(({ name }) => name.startsWith("WINSLOW_"))).toBe(false);
});

test("what was submitted then is let go of, and what lies beneath holds again", () => {
  const environment = [
    { name: "SENSITIVITY", value: "60", layer: Layer.SUBMISSION },
    { name: "ONLY_THEN", value: "1", layer: Layer.SUBMISSION },
  ];
  const stage = create(StageSchema, { definition, environment });
  const preset = presetOf(definition, below, submittedFor(stage, undefined));
  const rows = rowsOf(preset, { environment: {}, unset: ["SENSITIVITY", "ONLY_THEN"] });
  const row = (name: string) => rows.find((one) => one.name === name);
  expect(row("SENSITIVITY")).toMatchObject({ value: "50", released: true, changed: true });
  expect(row("SENSITIVITY")?.layer).not.toBe(Layer.SUBMISSION);
  expect(row("ONLY_THEN")).toMatchObject({ value: "", layer: Layer.UNSPECIFIED, released: true });
  const changed = rowsOf(preset, { environment: { SENSITIVITY: "7" }, unset: ["SENSITIVITY"] });
  expect(changed.find(({ name }) => name === "SENSITIVITY")).toMatchObject({ value: "7", released: false });
});

test("names of variables are held to what the server takes", () => {
  expect(variableFault("PATIENCE")).toBeUndefined();
  expect(variableFault("1ST")).toMatch(/no digit first/);
  expect(variableFault("A-B")).toMatch(/letters/);
  expect(variableFault("WINSLOW_RUN")).toMatch(/Winslow's own/);
  expect(variableFault("STEP", ["STEP"])).toMatch(/already/);
});
