// The project of a page: what the stream tells of it, and its own copy of the pipeline, which the stream leaves out since it is most
// of what a project is. That is asked for again when the project has changed.
import { Code, ConnectError } from "@connectrpc/connect";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { useLive, useResource } from "../live/Live.tsx";
import { useServices } from "../rpc/Rpc.tsx";

/** `undefined` while it is not known; `gone` when the picture is complete and has none. */
export function useProject(name: string): { project: Project | undefined; gone: boolean } {
  const project = useResource("project", name);
  const complete = useLive((picture) => picture.complete);
  return { project, gone: complete && !project };
}

export interface FoundPipeline {
  pipeline: PipelineSpec | undefined;
  error: unknown;
}

/** A project's own copy of its pipeline, as of the project's last change. */
export function useOwnPipeline(project: Project): FoundPipeline {
  const { projects } = useServices();
  const { name, revision } = project;
  const asked = useQuery({
    queryKey: ["pipeline-of", name, String(revision)],
    queryFn: ({ signal }) => projects.getProject({ name }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: (count, error) => count < 5 && ConnectError.from(error).code !== Code.NotFound,
  });
  const pipeline = asked.data?.name === name ? asked.data.pipeline : undefined;
  return { pipeline, error: pipeline ? null : asked.error };
}
