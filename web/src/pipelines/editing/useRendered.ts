// A pipeline written out as a file.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { PipelineSpec } from "../../api/winslow/v1/pipeline_pb.ts";
import { useServices } from "../../rpc/Rpc.tsx";
import type { Base } from "./editing.ts";

/** `identity` is of this very spec: another one is another text. Undefined until it is known. */
export function useRendered(identity: readonly string[], spec: PipelineSpec | undefined) {
  const { pipelines } = useServices();
  return useQuery({
    queryKey: ["rendered", ...identity],
    queryFn: async ({ signal }) => (await pipelines.renderPipeline(spec ? { spec } : {}, { signal })).yaml,
    enabled: spec !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What there is now to change, written out; the one before, until the newest is. Undefined until there is one. */
export function useBase(name: string, revision: bigint | undefined, spec: PipelineSpec | undefined) {
  const { pipelines } = useServices();
  return useQuery({
    queryKey: ["base", name, String(revision)],
    queryFn: async ({ signal }): Promise<Base> => {
      const { yaml } = await pipelines.renderPipeline(spec ? { spec } : {}, { signal });
      return { text: yaml, revision: revision ?? 0n };
    },
    enabled: spec !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
