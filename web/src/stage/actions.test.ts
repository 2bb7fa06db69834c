import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { WorkspaceMode } from "../api/winslow/v1/pipeline_pb.ts";
import { ProjectSchema } from "../api/winslow/v1/project_pb.ts";
import { HoldSchema, type Run, RunEnd, RunSchema } from "../api/winslow/v1/run_pb.ts";
import { type Stage, StageSchema, StageState } from "../api/winslow/v1/stage_pb.ts";
import { type ActionKey, type Around, stageActions } from "./actions.ts";

const NAME = "projects/p/stages/detect-1";

const stageIn = (state: StageState, more: Partial<Stage> = {}) =>
  create(StageSchema, { name: NAME, workspace: NAME, definition: { name: "detect" }, state, ...more } as Stage);

const run = (more: Partial<Run> = {}) =>
  create(RunSchema, { name: "projects/p/runs/1", attempts: { detect: { stages: [NAME] } }, ...more } as Run);

function around(stage: Stage, more: Partial<Around> = {}): Around {
  return {
    stage,
    project: create(ProjectSchema, { name: "projects/p" }),
    run: run(),
    parent: undefined,
    definitions: new Set(["detect"]),
    ...more,
  };
}

const can = (one: Around) => stageActions(one).flatMap(({ key, refused }) => (refused ? [] : [key]));
const why = (one: Around, key: ActionKey) => stageActions(one).find((action) => action.key === key)?.refused;

const HELD = { run: run({ hold: create(HoldSchema, {}) } as Partial<Run>) };

test.each([
  [StageState.QUEUED, ["abort", "skip", "pin"]],
  [StageState.ELECTING, ["abort", "skip", "pin"]],
  [StageState.PREPARING, ["abort", "pin"]],
  [StageState.RUNNING, ["abort", "pin"]],
  [StageState.SUCCEEDED, ["redo", "redo-one", "branch", "pin", "drop"]],
  [StageState.FAILED, ["retry", "skip", "redo", "redo-one", "branch", "pin", "drop"]],
  [StageState.ABORTED, ["retry", "skip", "redo", "redo-one", "branch", "pin", "drop"]],
  [StageState.LOST, ["retry", "skip", "pin", "drop"]],
  [StageState.SKIPPED, ["redo", "redo-one", "branch", "pin", "drop"]],
])("in the state %i of a run that is held, what can be done is %j", (state, expected) => {
  expect(can(around(stageIn(state), HELD))).toEqual(expected);
});

test("what cannot be done says why", () => {
  for (const state of [StageState.RUNNING, StageState.SUCCEEDED, StageState.LOST]) {
    for (const { refused, does } of stageActions(around(stageIn(state)))) {
      expect(does).not.toBe("");
      if (refused) expect(refused).toMatch(/^[A-Z]/);
    }
  }
});

test("whoever aborts twice is told who was first", () => {
  const stage = stageIn(StageState.RUNNING, { abort: { by: "anna" } } as Partial<Stage>);
  expect(why(around(stage), "abort")).toBe("anna has asked for that already");
});

test("to skip says what becomes of a pause: it outlasts the skip, unless it was caused by this attempt", () => {
  const skip = (hold?: object) =>
    stageActions(
      around(stageIn(StageState.ABORTED), {
        run: run(hold ? ({ hold: create(HoldSchema, hold) } as Partial<Run>) : {}),
      }),
    ).find(({ key }) => key === "skip")?.does;
  expect(skip({})).toContain("the run stays paused");
  expect(skip({ stage: NAME })).toContain("The run goes on");
  expect(skip()).toContain("The run goes on");
});

test("an attempt of a run that has ended is neither tried again nor skipped", () => {
  const ended = around(stageIn(StageState.FAILED), { run: run({ end: RunEnd.FAILED }) });
  expect(stageActions(ended).map(({ key }) => key)).not.toContain("retry");
  expect(stageActions(ended).map(({ key }) => key)).not.toContain("skip");
});

test("an attempt after which there was another is not what its run stands at", () => {
  const other = run({
    attempts: { detect: { stages: [NAME, "projects/p/stages/detect-2"] } },
  } as unknown as Partial<Run>);
  expect(stageActions(around(stageIn(StageState.FAILED), { run: other })).map(({ key }) => key)).not.toContain("retry");
});

test("nothing begins from a workspace that was given up, or is being removed", () => {
  const gone = stageIn(StageState.SUCCEEDED, { workspaceDropTime: timestampFromMs(1) });
  expect(why(around(gone), "branch")).toBe("Its workspace was given up");
  expect(why(around(gone), "redo")).toBe("");
  const dropping = create(ProjectSchema, { name: "projects/p", dropping: { "detect-1": timestampFromMs(1) } });
  const going = around(stageIn(StageState.SUCCEEDED), { project: dropping });
  expect(why(going, "branch")).toBe("Its workspace was given up");
  expect(why(going, "pin")).toBe("Its workspace was given up");
});

test("a redo needs the workspace that it was made from", () => {
  const parent = stageIn(StageState.SUCCEEDED, { name: "projects/p/stages/a", workspaceDropTime: timestampFromMs(1) });
  expect(why(around(stageIn(StageState.SUCCEEDED), { parent }), "redo")).toBe(
    "The workspace it was made from was given up",
  );
});

test("what the pipeline no longer has is not done again", () => {
  expect(why(around(stageIn(StageState.SUCCEEDED), { definitions: new Set() }), "redo")).toBe(
    "The pipeline no longer has detect",
  );
});

test("a pinned workspace is not given up, and can be unpinned", () => {
  const pinned = around(stageIn(StageState.SUCCEEDED, { pinned: true }));
  expect(can(pinned)).toContain("unpin");
  expect(why(pinned, "drop")).toBe("It is pinned");
});

test("only layered workspaces can be made directories of their own", () => {
  const layered = { definition: { name: "detect", workspace: WorkspaceMode.LAYERED } } as unknown as Partial<Stage>;
  expect(can(around(stageIn(StageState.SUCCEEDED, layered)))).toContain("materialize");
  expect(why(around(stageIn(StageState.RUNNING, layered)), "materialize")).toBe("It has not ended yet");
});
