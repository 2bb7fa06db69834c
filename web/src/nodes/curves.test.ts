import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { type Reading, ReadingSchema } from "../api/winslow/v1/node_pb.ts";
import { chartsOf, merged, spanOf, time, widthOf } from "./curves.ts";

const reading = (second: number, cpus: number, seconds = 1, gpus: Record<string, number> = {}): Reading =>
  create(ReadingSchema, {
    subject: "nodes/n",
    time: timestampFromMs(second * 1000),
    seconds,
    cpus,
    gpus: Object.entries(gpus).map(([uuid, utilisation]) => ({ uuid, utilisation })),
  });
const drawn = (readings: Reading[]) => readings.map((one) => [time(one) / 1000, one.cpus]);

test("what is live goes on where the past ended, and nothing is told twice", () => {
  const past = [reading(60, 1, 60), reading(120, 2, 60)];
  const live = [reading(119, 9), reading(120, 9), reading(121, 3), reading(122, 4)];
  expect(drawn(merged(past, live, 0, 1))).toEqual([
    [60, 1],
    [120, 2],
    [121, 3],
    [122, 4],
  ]);
});

test("over a long span what is live becomes means as wide as the past's, of which the last is still growing", () => {
  const past = [reading(0.001, 1, 60)];
  const live = [reading(10, 2), reading(20, 4), reading(70, 8)];
  expect(drawn(merged(past, live, 0, 60))).toEqual([
    [0.001, 1],
    [20, 3],
    [70, 8],
  ]);
});

test("what is older than the span is left out", () => {
  expect(drawn(merged([reading(1, 1, 60), reading(100, 2, 60)], [reading(50, 5)], 60_000, 1))).toEqual([[100, 2]]);
});

test("nothing was measured for a while: the line breaks", () => {
  const [cpu] = chartsOf([reading(1, 1), reading(2, 2), reading(100, 3)], new Map());
  expect(cpu?.curves[0]?.points.map((point) => point.y)).toEqual([1, 2, null, 3]);
});

test("minutes after each other are one line", () => {
  const [cpu] = chartsOf([reading(60, 1, 60), reading(120, 2, 60), reading(121, 3)], new Map());
  expect(cpu?.curves[0]?.points.map((point) => point.y)).toEqual([1, 2, 3]);
});

test("each GPU has a curve of its own, called by its name, and breaks where it was not seen", () => {
  const charts = chartsOf(
    [reading(1, 1, 1, { b: 0.5, a: 0.25 }), reading(2, 1, 1, { a: 1 })],
    new Map([
      ["a", "GPU 0"],
      ["b", "GPU 1"],
    ]),
  );
  const use = charts.find((chart) => chart.title === "GPU utilisation");
  expect(use?.curves).toEqual([
    {
      label: "GPU 0",
      points: [
        { x: 1000, y: 25 },
        { x: 2000, y: 100 },
      ],
    },
    {
      label: "GPU 1",
      points: [
        { x: 1000, y: 50 },
        { x: 2000, y: null },
      ],
    },
  ]);
});

test("a node without GPUs has no charts of them", () => {
  expect(chartsOf([reading(1, 1)], new Map()).map((chart) => chart.title)).not.toContain("GPU memory");
});

test("a span that makes no sense is now; a point of a month is of an hour", () => {
  expect(spanOf("2 weeks")).toBe("now");
  expect(spanOf("toString")).toBe("now");
  expect(spanOf("31d")).toBe("31d");
  expect(widthOf("31d")).toBe(3720);
  expect(widthOf("6h")).toBe(60);
});
