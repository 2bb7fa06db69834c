import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PipelineSpecSchema } from "../api/winslow/v1/pipeline_pb.ts";
import { type Project, ProjectSchema } from "../api/winslow/v1/project_pb.ts";
import { clipPath, exampleOf, type Facts, missingImages, stepOf } from "./example.ts";

const files = [
  { name: "pipeline.yaml", size: 1496 },
  { name: "vtest.avi", size: 8_131_690 },
];

test("an example is a pipeline and a clip", () => {
  const example = exampleOf({ files });
  expect(example).toEqual({ pipeline: files[0], clip: files[1] });
  expect(example && clipPath(example)).toBe("projects/example/input/vtest.avi");
});

test.each([[{ files: [] }], [{ files: files.slice(0, 1) }], [{ files: "all" }], [{}], [null], [{ files: [1, null] }]])(
  "%o is none",
  (told) => expect(exampleOf(told)).toBe(undefined),
);

const project = (fields: Partial<Project> = {}) =>
  Object.assign(create(ProjectSchema, { name: "projects/example" }), fields);
const facts = (some: Partial<Facts>): Facts => ({ project: undefined, clip: false, sending: false, ...some });

test.each([
  ["make", facts({})],
  ["make", facts({ project: project() })], // interrupted in the middle: made again, it goes on
  ["sends", facts({ project: project(), sending: true })],
  ["start", facts({ project: project(), clip: true })],
  ["begun", facts({ project: project({ latestRun: "projects/example/runs/1" }), clip: true })],
  ["going", facts({ project: project({ deleting: true }), clip: true })],
] as const)("what exists tells that the next step is %s", (step, known) => {
  expect(stepOf(known)).toBe(step);
});

test("an image that some node has is there, whatever it is called in full", () => {
  const spec = create(PipelineSpecSchema, {
    stages: [{ image: "winslow/traffic:1" }, { image: "winslow/traffic:1" }, { image: "busybox:1" }],
  });
  expect(missingImages(spec, [["winslow/traffic:1"], []])).toEqual(["busybox:1"]);
  expect(missingImages(spec, [["docker.io/winslow/traffic:1", "docker.io/library/busybox:1"]])).toEqual([]);
  expect(missingImages(spec, [])).toEqual(["winslow/traffic:1", "busybox:1"]);
});
