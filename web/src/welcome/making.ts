// Makes the example, piece by piece. Each piece is made if it is not there, so that whoever was interrupted just makes it again.
import { create } from "@bufbuild/protobuf";
import { PipelineSchema, type PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import { ProjectSchema } from "../api/winslow/v1/project_pb.ts";
import { problemOf } from "../rpc/problem.ts";
import type { Services } from "../rpc/services.ts";
import { persistently } from "../rpc/useAct.ts";
import {
  clipPath,
  DISPLAY_NAME,
  type Example,
  exampleOf,
  PIPELINE,
  PIPELINE_NAME,
  PROJECT,
  PROJECT_NAME,
} from "./example.ts";

type Reached = Pick<Services, "pipelines" | "projects" | "files" | "runs">;

/** What this node's example is, with its pipeline understood; undefined where it has none. */
export async function looked({ pipelines }: Pick<Services, "pipelines">, signal: AbortSignal) {
  const example = exampleOf(await (await fetched("", signal)).json());
  if (!example) return undefined;
  const yaml = await (await fetched(example.pipeline.name, signal)).text();
  const { spec, problems } = await pipelines.parsePipeline({ yaml }, { signal });
  if (!spec) throw new Error(problems[0]?.message ?? "The example's pipeline makes no sense");
  return { ...example, spec };
}

/** The pipeline and the project; those that are there stay as they are. */
export async function made({ pipelines, projects }: Reached, spec: PipelineSpec): Promise<void> {
  const pipeline = create(PipelineSchema, { spec });
  await unless("PIPELINE_EXISTS", (requestId) =>
    pipelines.createPipeline({ requestId, pipelineId: PIPELINE, pipeline }),
  );
  const project = create(ProjectSchema, {
    displayName: DISPLAY_NAME,
    description: "The example: counts and follows who walks through a car park",
    tags: ["example"],
  });
  await unless("PROJECT_EXISTS", (requestId) =>
    projects.createProject({ requestId, projectId: PROJECT, project, pipeline: PIPELINE_NAME }),
  );
}

/** Whether the clip lies in the project's input, all of it. */
export async function clipIsThere({ files }: Reached, example: Example, signal?: AbortSignal): Promise<boolean> {
  try {
    const found = await files.statFile({ path: clipPath(example) }, signal ? { signal } : {});
    return Number(found.size) === example.clip.size;
  } catch (error) {
    if (["FILE_NOT_FOUND", "PROJECT_UNKNOWN"].includes(problemOf(error).reason)) return false;
    throw error;
  }
}

/** The clip as a file that is the same one each time, so that an upload that was cut is taken up again. */
export async function clipFile({ clip }: Example): Promise<File> {
  const data = await (await fetched(clip.name)).blob();
  return new File([data], clip.name, { type: data.type, lastModified: 0 });
}

/** Its first run; where there is one already, that is it. */
export async function started({ runs }: Reached): Promise<void> {
  const { runs: found } = await runs.listRuns({ parent: PROJECT_NAME, pageSize: 1 });
  if (found.length === 0) await persistently((requestId) => runs.startRun({ requestId, project: PROJECT_NAME }));
}

async function fetched(name: string, signal?: AbortSignal): Promise<Response> {
  const answer = await fetch(`/example/${encodeURIComponent(name)}`, signal ? { signal } : {});
  if (!answer.ok) throw new Error(`The node answered ${answer.status} when asked for its example`);
  return answer;
}

async function unless(reason: string, call: (requestId: string) => Promise<unknown>): Promise<void> {
  try {
    await persistently(call);
  } catch (error) {
    if (problemOf(error).reason !== reason) throw error;
  }
}
