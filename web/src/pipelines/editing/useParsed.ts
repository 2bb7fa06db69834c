// What the node makes of a file while it is written: its pipeline, or all that is wrong with it.
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Problem } from "../../api/winslow/v1/common_pb.ts";
import type { PipelineSpec } from "../../api/winslow/v1/pipeline_pb.ts";
import { useServices } from "../../rpc/Rpc.tsx";

/** Milliseconds after the last letter until it is asked. */
const PAUSE = 250;
const NONE: readonly Problem[] = [];

export interface Parsed {
  /** Of the last text that made sense. */
  spec: PipelineSpec | undefined;
  problems: readonly Problem[];
  /** What is told is of an older text. */
  behind: boolean;
  /** Nobody could be asked. */
  error: unknown;
}

export function useParsed(text: string): Parsed {
  const { pipelines } = useServices();
  const [asked] = useDebouncedValue(text, PAUSE, { leading: true });
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ["parsed", asked],
    queryFn: ({ signal }) => pipelines.parsePipeline({ yaml: asked }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 5_000,
  });
  const [spec, setSpec] = useState(data?.spec);
  useEffect(() => {
    if (data?.spec) setSpec(data.spec);
  }, [data]);
  const behind = asked !== text || isPlaceholderData || (!data && !error);
  return { spec: data?.spec ?? spec, problems: data?.problems ?? NONE, behind, error };
}
