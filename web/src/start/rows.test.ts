import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { RunSchema } from "../api/winslow/v1/run_pb.ts";
import { StageSchema, StageState } from "../api/winslow/v1/stage_pb.ts";
import { SweepSchema } from "../api/winslow/v1/sweep_pb.ts";
import { againOf, written } from "./again.ts";
import { curvesOf, extremesOf, hasFailed, leftSeconds, numericAxes, orderOf, rowsOfSweep, sorted } from "./rows.ts";

const sweep = create(SweepSchema, {
  name: "projects/p/sweeps/000007",
  start: "detect",
  axes: [
    { variable: "STEP", values: ["1", "10", "2"] },
    { variable: "MODE", values: ["fast", "slow"] },
  ],
  firstNumber: 7n,
  made: 5n,
  count: 6n,
  parent: "projects/p/stages/prep-1-1-x",
  override: { environment: { ZONE: "a", STEP: "9" }, resources: { memory: 2n << 30n } },
});
const states = [StageState.SUCCEEDED, StageState.FAILED, StageState.SUCCEEDED, StageState.SUCCEEDED];
const counts = ["30", "", "100", "9"];
const stages = new Map(
  states.map((state, index) => {
    const name = `projects/p/stages/detect-${7 + index}-1-x`;
    const results = counts[index] ? { count: counts[index] } : {};
    const times = { placeTime: timestampFromMs(0), endTime: timestampFromMs(1000 * (index + 1)) };
    return [name, create(StageSchema, { name, state, results, ...times })] as const;
  }),
);
const runs = new Map(
  states.map((_, index) => {
    const name = `projects/p/runs/${String(7 + index).padStart(6, "0")}`;
    const attempts = { detect: { stages: [`projects/p/stages/detect-${7 + index}-1-x`] } };
    return [name, create(RunSchema, { name, attempts })] as const;
  }),
);
const rows = rowsOfSweep(sweep, runs, stages);

test("every point has a row, whether its run was made or not", () => {
  expect(rows).toHaveLength(6);
  expect(rows[2]).toMatchObject({ number: 3, run: "projects/p/runs/000009", values: { STEP: "10", MODE: "fast" } });
  expect(rows.map(({ made }) => made)).toEqual([true, true, true, true, true, false]);
  expect(rows.map(({ seconds }) => seconds)).toEqual([1, 2, 3, 4, undefined, undefined]);
});

test("numbers sort as numbers, and what has no value comes last both ways", () => {
  const numbers = (order: string) => sorted(rows, orderOf(order)).map(({ number }) => number);
  expect(numbers("result.count")).toEqual([4, 1, 3, 2, 5, 6]);
  expect(numbers("-result.count")).toEqual([3, 1, 4, 2, 5, 6]);
  expect(numbers("value.STEP")).toEqual([1, 2, 5, 6, 3, 4]);
  expect(numbers("-point")).toEqual([6, 5, 4, 3, 2, 1]);
});

test("the highest and the lowest of a result are found among numbers only", () => {
  expect(extremesOf(rows, ["count"])).toEqual(new Map([["count", { low: 9, high: 100 }]]));
  expect(extremesOf(rows.slice(0, 2), ["count"])).toEqual(new Map());
});

test("a result is drawn over a parameter, a curve for each value of the other one", () => {
  expect(curvesOf(rows, "count", "STEP")).toEqual([
    {
      label: "MODE=fast",
      points: [
        { x: 1, y: 30 },
        { x: 10, y: 100 },
      ],
    },
    { label: "MODE=slow", points: [{ x: 10, y: 9 }] },
  ]);
  expect(numericAxes(sweep)).toEqual(["STEP"]);
});

test("more curves than anybody tells apart become their mean", () => {
  const wide = create(SweepSchema, {
    name: "projects/p/sweeps/000001",
    start: "detect",
    axes: [
      { variable: "A", values: Array.from({ length: 12 }, (_, index) => String(index)) },
      { variable: "B", values: ["1", "2"] },
    ],
    firstNumber: 1n,
  });
  const stage = (value: string) => create(StageSchema, { results: { loss: value } });
  const points = rowsOfSweep(wide, new Map(), new Map()).map((row) => ({ ...row, stage: stage(row.values.A ?? "") }));
  expect(curvesOf(points, "loss", "B")).toEqual([
    {
      label: "loss",
      points: [
        { x: 1, y: 5.5 },
        { x: 2, y: 5.5 },
      ],
    },
  ]);
});

test("failed points are another sweep of as little as has them all", () => {
  const again = againOf(sweep, rows.filter(hasFailed));
  expect(again).toEqual({
    beside: 0,
    search: {
      at: "detect",
      parent: "prep-1-1-x",
      "env.ZONE": "a",
      "sweep.STEP": "1",
      "sweep.MODE": "slow",
      memory: "2GiB",
    },
  });
  expect(againOf(sweep, [])).toBeUndefined();
  expect(
    againOf(
      sweep,
      [rows[0], rows[3]].flatMap((row) => row ?? []),
    )?.beside,
  ).toBe(2);
});

test("values are written so that each reads back as itself", () => {
  expect(written(["10", "25"])).toBe("10,25");
  expect(written(["a,b", "c\\d", "", "1..5", " x"])).toBe('a\\,b,c\\\\d,"",\\1..5,\\ x');
});

test("what is left is told once enough is through to know the pace", () => {
  const going = (ended: bigint) =>
    leftSeconds(create(SweepSchema, { ...sweep, createTime: timestampFromMs(0), succeededCount: ended }), 30_000);
  expect(going(2n)).toBeUndefined();
  expect(going(3n)).toBe(30);
  expect(going(6n)).toBeUndefined();
});
