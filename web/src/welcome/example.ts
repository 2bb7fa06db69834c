// The example that a newcomer begins with: what it is made of, and how far it is. Everything is told by what exists, so that
// a click too many or a page loaded anew changes nothing.
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { pipelineName, projectName } from "../parts/names.ts";

/** Ids that are always the same: made twice, it is made once. */
export const PROJECT = "example";
export const PIPELINE = "traffic";
export const DISPLAY_NAME = "People in a car park";

/** A file of the example, as the node that serves this page tells. */
export interface ExampleFile {
  name: string;
  size: number;
}

export interface Example {
  /** YAML. */
  pipeline: ExampleFile;
  clip: ExampleFile;
}

/** What `/example/` told; undefined where there is no example. */
export function exampleOf(told: unknown): Example | undefined {
  const files = (told as { files?: unknown } | null)?.files;
  if (!Array.isArray(files)) return undefined;
  const known = files.filter(isFile);
  const pipeline = known.find(({ name }) => name.endsWith(".yaml"));
  const clip = known.find((file) => file !== pipeline);
  return pipeline && clip ? { pipeline, clip } : undefined;
}

function isFile(file: unknown): file is ExampleFile {
  const { name, size } = (file ?? {}) as Partial<ExampleFile>;
  return typeof name === "string" && typeof size === "number";
}

/** Where the clip comes to lie. */
export const clipPath = ({ clip }: Example): string => `${projectName(PROJECT)}/input/${clip.name}`;

/**
 * `make`: something is missing. `sends`: the clip is on its way. `start`: all is there. `begun`: a run was started. `going`: an
 * earlier one is being deleted.
 */
export type Step = "make" | "sends" | "start" | "begun" | "going";

export interface Facts {
  project: Project | undefined;
  /** Whether the clip is in the project's input. */
  clip: boolean;
  /** Whether it is being sent. */
  sending: boolean;
}

export function stepOf({ project, clip, sending }: Facts): Step {
  if (project?.deleting) return "going";
  if (project?.latestRun) return "begun";
  if (project && clip) return "start";
  if (project && sending) return "sends";
  return "make";
}

/** Images of the example that no node has. */
export function missingImages(spec: PipelineSpec, present: Iterable<readonly string[]>): string[] {
  const there = new Set([...present].flat().map(plain));
  return [...new Set(spec.stages.map(({ image }) => image))].filter((image) => !there.has(plain(image)));
}

const plain = (image: string): string => image.replace(/^docker\.io\/(library\/)?/, "");

export const PIPELINE_NAME = pipelineName(PIPELINE);
export const PROJECT_NAME = projectName(PROJECT);
