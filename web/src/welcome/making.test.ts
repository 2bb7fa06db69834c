import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ErrorInfoSchema } from "../api/google/rpc/error_details_pb.ts";
import { FileService } from "../api/winslow/v1/file_service_pb.ts";
import { PipelineSpecSchema } from "../api/winslow/v1/pipeline_pb.ts";
import { PipelineService } from "../api/winslow/v1/pipeline_service_pb.ts";
import { ProjectService } from "../api/winslow/v1/project_service_pb.ts";
import { RunService } from "../api/winslow/v1/run_service_pb.ts";
import { clipIsThere, made, started } from "./making.ts";

const refused = (reason: string, code = Code.AlreadyExists) =>
  new ConnectError(reason, code, undefined, [{ desc: ErrorInfoSchema, value: { reason } }]);

/** A daemon that remembers what was made, and refuses to make it twice. */
function daemon() {
  const there = new Set<string>();
  const runs: string[] = [];
  let size = -1n;
  const make = (name: string, reason: string) => {
    if (there.has(name)) throw refused(reason);
    there.add(name);
    return { name };
  };
  const transport = createRouterTransport(({ service }) => {
    service(PipelineService, {
      createPipeline: ({ pipelineId }) => make(`pipelines/${pipelineId}`, "PIPELINE_EXISTS"),
    });
    service(ProjectService, {
      createProject: ({ projectId, pipeline }) => {
        if (!there.has(pipeline)) throw refused("PIPELINE_UNKNOWN", Code.NotFound);
        return make(`projects/${projectId}`, "PROJECT_EXISTS");
      },
    });
    service(FileService, {
      statFile: ({ path }) => {
        if (size < 0n) throw refused("FILE_NOT_FOUND", Code.NotFound);
        return { path, size };
      },
    });
    service(RunService, {
      listRuns: () => ({ runs: runs.map((name) => ({ name })) }),
      startRun: ({ project }) => {
        runs.push(`${project}/runs/${runs.length + 1}`);
        return { name: runs.at(-1) as string };
      },
    });
  });
  const services = {
    pipelines: createClient(PipelineService, transport),
    projects: createClient(ProjectService, transport),
    files: createClient(FileService, transport),
    runs: createClient(RunService, transport),
  };
  return { services, there, runs, arrived: (bytes: bigint) => (size = bytes) };
}

const spec = create(PipelineSpecSchema, { displayName: "traffic" });
const example = { pipeline: { name: "pipeline.yaml", size: 1 }, clip: { name: "a.avi", size: 10 } };

test("made twice it is made once, also where only a part of it was there", async () => {
  const { services, there } = daemon();
  there.add("pipelines/traffic");
  await made(services, spec);
  await made(services, spec);
  expect([...there]).toEqual(["pipelines/traffic", "projects/example"]);
});

test("what is refused for another reason is told", async () => {
  const { services, there } = daemon();
  there.add("pipelines/traffic").add("projects/example");
  there.delete("pipelines/traffic");
  const failing = {
    ...services,
    pipelines: { ...services.pipelines, createPipeline: () => Promise.reject(refused("PIPELINE_EXISTS")) },
  };
  await expect(made(failing as typeof services, spec)).rejects.toThrow("PIPELINE_UNKNOWN");
});

test("the clip is there when all of it is", async () => {
  const { services, arrived } = daemon();
  expect(await clipIsThere(services, example)).toBe(false);
  arrived(9n);
  expect(await clipIsThere(services, example)).toBe(false);
  arrived(10n);
  expect(await clipIsThere(services, example)).toBe(true);
});

test("started twice it runs once", async () => {
  const { services, runs } = daemon();
  await started(services);
  await started(services);
  expect(runs).toEqual(["projects/example/runs/1"]);
});
