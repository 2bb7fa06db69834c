import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { GateSchema, RunEnd, RunSchema } from "../api/winslow/v1/run_pb.ts";
import { StageSchema } from "../api/winslow/v1/stage_pb.ts";
import { askedOf, fateOf } from "./fate.ts";
import { lookedAt } from "./looking.ts";

const run = (more: MessageInitShape<typeof RunSchema>) =>
  create(RunSchema, { name: "projects/p/runs/000001", ...more });
const attempts = { track: { stages: ["projects/p/stages/track-1-1-x"] } };

test("a gate that is open is asked at, whatever was answered before", () => {
  const fate = fateOf(
    run({ gates: [{ definition: "track", parent: "s" }], answers: { track: { by: "ann" } } }),
    "track",
  );
  expect(fate).toMatchObject({ kind: "open", gate: { parent: "s" } });
});

test("who answered is told with what they gave, and what started with it", () => {
  const answered = run({ answers: { track: { by: "ann", environment: { PATIENCE: "1.5" } } }, attempts });
  expect(fateOf(answered, "track")).toMatchObject({
    kind: "answered",
    by: "ann",
    environment: { PATIENCE: "1.5" },
    stage: "projects/p/stages/track-1-1-x",
  });
});

test("nobody is asked at a gate that was skipped, superseded, paused before, or has not had its turn", () => {
  expect(fateOf(run({ skipped: ["track"] }), "track").kind).toBe("skipped");
  expect(fateOf(run({ end: RunEnd.SUPERSEDED }), "track").kind).toBe("superseded");
  expect(fateOf(run({ end: RunEnd.FAILED }), "track")).toEqual({ kind: "ended", succeeded: false });
  expect(fateOf(run({ hold: { by: "ann", reason: { text: "paused by ann" } } }), "track")).toEqual({
    kind: "paused",
    by: "ann",
    why: "paused by ann",
  });
  expect(fateOf(run({ attempts }), "track").kind).toBe("started");
  expect(fateOf(run({}), "track").kind).toBe("not-yet");
});

test("what is asked is one sentence", () => {
  const gate = (more: MessageInitShape<typeof GateSchema>) =>
    askedOf(create(GateSchema, { definition: "look", ...more }));
  expect(gate({ confirmationNeeded: true, parent: "s", missingVariables: ["THRESHOLD"] })).toBe(
    "Look at what came before it, then let look start; THRESHOLD needs a value first.",
  );
  expect(gate({ missingVariables: ["A", "B", "C"] })).toBe("A, B and C need values before look can start.");
});

test("what is looked at stays the same once the gate is closed", () => {
  const stages = new Map([
    ["projects/p/stages/track-1-1-x", create(StageSchema, { parent: "projects/p/stages/detect-1-1-x" })],
  ]);
  const open = run({ gates: [{ definition: "track", parent: "projects/p/stages/detect-1-1-x" }] });
  const closed = run({ answers: { track: { by: "ann" } }, attempts });
  for (const one of [open, closed]) {
    expect(lookedAt(fateOf(one, "track"), one, "track", stages)).toBe("projects/p/stages/detect-1-1-x");
  }
});
