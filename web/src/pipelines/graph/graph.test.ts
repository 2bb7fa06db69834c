import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Confirmation, type PipelineSpec, PipelineSpecSchema } from "../../api/winslow/v1/pipeline_pb.ts";
import { GpuVendor } from "../../api/winslow/v1/resources_pb.ts";
import { arrange, fitting, path, scaleIn } from "./arrange.ts";
import { outline, place } from "./outline.ts";

const pipeline = (stages: Record<string, [string, string?][]>): PipelineSpec =>
  create(PipelineSpecSchema, {
    stages: Object.entries(stages).map(([name, after]) => ({
      name,
      image: "busybox",
      after: after.map(([stage, when = ""]) => ({ stage, when })),
    })),
  });
const diamond = pipeline({ a: [], b: [["a"]], c: [["a", "results.x > 0"]], d: [["b"], ["c"]] });

test("the first edge passes the workspace on, the others are waited for, with their conditions", () => {
  const [a, , c, d] = outline(diamond);
  expect(a && place(a)).toBe("A first stage");
  expect(c && place(c)).toBe("After a if results.x > 0");
  expect(d?.before).toEqual([
    { stage: "b", when: "", passes: true },
    { stage: "c", when: "", passes: false },
  ]);
});

test("edges to stages that are not there, to itself and twice to one are none", () => {
  const [, b] = outline(pipeline({ a: [], b: [["gone"], ["b"], ["a"], ["a", "x"]] }));
  expect(b?.before).toEqual([{ stage: "a", when: "", passes: true }]);
});

test("what a person is asked for and what a node must have is told in words", () => {
  const spec = create(PipelineSpecSchema, {
    stages: [
      {
        name: "a",
        userInput: { variables: ["X", "Y"], confirmation: Confirmation.ALWAYS },
        resources: {
          cpus: 0.5,
          memory: 1024n ** 3n,
          gpus: { count: 2, vendor: GpuVendor.NVIDIA, memory: 0n },
          tags: ["ssd"],
        },
      },
      { name: "b", userInput: { confirmation: Confirmation.NEVER }, resources: { cpus: 1 } },
    ],
  });
  const [a, b] = outline(spec);
  expect(a).toMatchObject({
    gate: "asks for X, Y, to be confirmed each time",
    asked: "X, Y, confirm",
    needs: ["0.5 CPU", "1.0 GiB", "2 NVIDIA GPUs", "ssd"],
  });
  expect(b).toMatchObject({ gate: "", asked: "", needs: [] });
});

test("to the right and down, each stage is placed after those that come before it", () => {
  const steps = outline(diamond);
  for (const [direction, axis] of [
    ["right", "x"],
    ["down", "y"],
  ] as const) {
    const { steps: placed, edges } = arrange(steps, direction);
    const at = new Map(placed.map((one) => [one.step.name, one]));
    for (const edge of edges) expect(at.get(edge.stage)?.[axis]).toBeLessThan(at.get(edge.to)?.[axis] ?? 0);
  }
});

test("stages do not lie on each other, nor on a condition", () => {
  const { steps, edges } = arrange(outline(diamond), "down");
  for (const one of steps) {
    for (const other of steps) {
      if (one === other) continue;
      const apart =
        one.x + one.width <= other.x ||
        other.x + other.width <= one.x ||
        one.y + one.height <= other.y ||
        other.y + other.height <= one.y;
      expect(apart).toBe(true);
    }
    for (const { label, when } of edges) {
      if (!when) continue;
      const inside = label.x > one.x && label.x < one.x + one.width && label.y > one.y && label.y < one.y + one.height;
      expect(inside).toBe(false);
    }
  }
});

test("a phone is drawn in from the top down, a wide box to the right, a long chain in a square box down", () => {
  const chain = outline(pipeline({ a: [], b: [["a"]], c: [["b"]], d: [["c"]], e: [["d"]], f: [["e"]], g: [["f"]] }));
  expect(fitting(outline(diamond), { width: 390, height: 500 }).direction).toBe("down");
  expect(fitting(outline(diamond), { width: 1200, height: 400 }).direction).toBe("right");
  expect(fitting(chain, { width: 700, height: 700 }).direction).toBe("down");
});

test("nothing is drawn larger than it is, and nothing makes no sense", () => {
  expect(scaleIn({ width: 10, height: 10 }, { width: 500, height: 500 })).toBe(1);
  const { width, height, steps } = arrange([], "down");
  expect([width, height, steps.length].every((one) => Number.isFinite(one))).toBe(true);
  expect(path([])).toBe("");
  expect(
    path([
      { x: 0, y: 0 },
      { x: 5, y: 5 },
      { x: 10, y: 0 },
    ]),
  ).toBe("M0,0 Q5,5 7.5,2.5 L10,0");
});

test("the largest pipeline there may be is placed in a second or two", () => {
  const stages: Record<string, [string, string?][]> = {};
  for (let index = 0; index < 500; index++) stages[`s${index}`] = index ? [[`s${Math.floor((index - 1) / 3)}`]] : [];
  const began = performance.now();
  expect(arrange(outline(pipeline(stages)), "down").steps).toHaveLength(500);
  expect(performance.now() - began).toBeLessThan(8_000);
});
