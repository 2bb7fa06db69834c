import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { StageDefinitionSchema } from "../api/winslow/v1/pipeline_pb.ts";
import {
  axesOf,
  changed,
  type Draft,
  drafted,
  EMPTY,
  isEmpty,
  keep,
  kept,
  NO_CHANGES,
  overrideOf,
  prefilled,
  untouched,
  wrongIn,
} from "./draft.ts";
import { NOTHING_SUBMITTED, presetOf } from "./layers.ts";
import { requirementsOf } from "./requirements.ts";
import { sweptOverride } from "./sweeping.ts";

const MIB = 1n << 20n;
const preset = presetOf(
  create(StageDefinitionSchema, {
    name: "detect",
    image: "tool:1",
    arguments: ["detect"],
    environment: { SENSITIVITY: "50" },
    resources: { cpus: 1, memory: 512n * MIB },
  }),
  { global: {}, pipeline: {} },
  NOTHING_SUBMITTED,
);

function storage() {
  const held = new Map<string, string>();
  return {
    held,
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
    removeItem: (key: string) => void held.delete(key),
  };
}

test("only what differs from what would be anyway is sent", () => {
  expect(overrideOf(preset, NO_CHANGES)).toBeUndefined();
  const same = { ...NO_CHANGES, arguments: ["detect"], image: "tool:1", resources: requirementsOf(preset.resources) };
  expect(overrideOf(preset, same)).toBeUndefined();
  const override = overrideOf(preset, { ...NO_CHANGES, environment: { SENSITIVITY: "75" } });
  expect(override?.environment).toEqual({ SENSITIVITY: "75" });
  expect(override?.arguments).toBeUndefined();
  expect(override?.resources).toBeUndefined();
});

test("no arguments at all is something else than leaving them", () => {
  const override = overrideOf(preset, { ...NO_CHANGES, arguments: [] });
  expect(override?.arguments?.values).toEqual([]);
});

test("requirements are sent whole, since the server takes them in place of the defined ones", () => {
  const resources = { ...requirementsOf(preset.resources), memory: "2GiB" };
  const override = overrideOf(preset, { ...NO_CHANGES, resources });
  expect(override?.resources).toMatchObject({ cpus: 1, memory: 2048n * MIB });
});

test("to undo a variable is to forget its value and its values", () => {
  let draft: Draft = drafted(EMPTY, "detect", { kind: "variable", name: "SENSITIVITY", value: "75" });
  draft = drafted(draft, "detect", { kind: "several", name: "SENSITIVITY", expression: "10,25" });
  expect(axesOf(draft.stages.detect ?? NO_CHANGES)).toMatchObject([{ variable: "SENSITIVITY", expression: "10,25" }]);
  draft = drafted(draft, "detect", { kind: "undo-variable", name: "SENSITIVITY" });
  expect(untouched(draft.stages.detect ?? NO_CHANGES)).toBe(true);
  expect(isEmpty(draft)).toBe(true);
});

test("an axis without values and a requirement that makes no sense hold it back", () => {
  const draft = {
    ...NO_CHANGES,
    axes: { STEP: " " },
    resources: { ...requirementsOf(preset.resources), memory: "much" },
  };
  expect(wrongIn(draft)).toHaveLength(2);
  expect(wrongIn(NO_CHANGES)).toEqual([]);
});

test("the address fills in once and never over what a person made of it", () => {
  const prefill = { definition: "detect", environment: { SENSITIVITY: "75" }, axes: {}, resources: { memory: "2GiB" } };
  const filled = prefilled(EMPTY, prefill, requirementsOf(preset.resources));
  expect(filled.stages.detect).toMatchObject({
    environment: { SENSITIVITY: "75" },
    resources: { cpus: "1", memory: "2GiB" },
  });
  const changed = drafted(filled, "detect", { kind: "variable", name: "SENSITIVITY", value: "80" });
  expect(prefilled(changed, prefill, requirementsOf(preset.resources))).toBe(changed);
  expect(prefilled(EMPTY, { ...prefill, environment: {}, resources: {} }, requirementsOf(preset.resources))).toBe(
    EMPTY,
  );
});

test("a draft survives a reload, and an empty one leaves nothing behind", () => {
  const place = storage();
  const draft = drafted(EMPTY, "detect", { kind: "image", image: "tool:2" });
  keep(place, "p ", draft);
  expect(kept(place, "p ")).toEqual(draft);
  keep(place, "p ", EMPTY);
  expect(place.held.size).toBe(0);
});

test("what is kept and cannot be read is forgotten", () => {
  const place = storage();
  for (const text of ["{", "7", "null", '{"stages": 1}', '{"stages": {"a": 1}, "comment": "", "prefilled": ""}']) {
    place.setItem("winslow-start:p", text);
    expect(kept(place, "p")).toBe(EMPTY);
  }
});

test("a browser that keeps nothing breaks nothing", () => {
  const full = {
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
    removeItem: () => undefined,
  };
  expect(() => keep(full, "p", { ...EMPTY, comment: "why" })).not.toThrow();
});

test("points of a sweep beside an attempt get what was submitted for it, apart from what varies", () => {
  const again = { ...preset, submitted: { environment: { SENSITIVITY: "60", ZONE: "a" }, image: "tool:9" } };
  const override = sweptOverride(again, { environment: { ZONE: "b" }, axes: { SENSITIVITY: "10,25" } });
  expect(override?.environment).toEqual({ ZONE: "b" });
  expect(override?.image).toBe("tool:9");
  expect(sweptOverride(preset, { environment: {}, axes: { SENSITIVITY: "10,25" } })).toBeUndefined();
});

test("what was let go of is no value, and a sweep beside the attempt leaves it out", () => {
  const again = presetOf(
    preset.definition,
    { global: {}, pipeline: {} },
    { environment: { SENSITIVITY: "75", X: "1" } },
  );
  const draft = changed(NO_CHANGES, { kind: "release", name: "SENSITIVITY" });
  expect(untouched(draft)).toBe(false);
  expect(overrideOf(again, draft)).toBeUndefined();
  expect(sweptOverride(again, draft)?.environment).toEqual({ X: "1" });
  expect(untouched(changed(draft, { kind: "undo-variable", name: "SENSITIVITY" }))).toBe(true);
});
