// All runs and attempts of a project for as long as one looks at it: the live ones as the stream tells them, older ones asked for a
// page at a time, newest first.
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import type { Sweep } from "../api/winslow/v1/sweep_pb.ts";
import { useDetails, useTable } from "../live/Live.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { merged, missingRuns } from "./history.ts";

const PAGE = 500;

export interface Attempts {
  stages: ReadonlyMap<string, Stage>;
  runs: ReadonlyMap<string, Run>;
  sweeps: ReadonlyMap<string, Sweep>;
  /** Whether what is live has come, and the first page of the history if there is one. */
  ready: boolean;
  /** Asks for older ones; undefined when all are here. */
  more: (() => void) | undefined;
  asking: boolean;
  /** Why the history could not be had; what is live is shown nevertheless. */
  error: unknown;
  again: () => void;
}

export function useAttempts(project: Project): Attempts {
  const { name } = project;
  const told = useDetails(name);
  const live = { stages: useTable("stage"), runs: useTable("run"), sweeps: useTable("sweep") };
  const missing = told ? missingRuns(project.nextRun, live.runs, name) : 0;
  const past = usePast(name, missing);
  const stages = useMemo(() => merged(live.stages, past.stages, `${name}/stages/`), [live.stages, past.stages, name]);
  const runs = useMemo(() => merged(live.runs, past.runs, `${name}/runs/`), [live.runs, past.runs, name]);
  const sweeps = useMemo(() => merged(live.sweeps, [], `${name}/sweeps/`), [live.sweeps, name]);
  return {
    stages,
    runs,
    sweeps,
    ready: told && (missing === 0 || past.ready),
    more: past.more,
    asking: past.asking,
    error: past.error,
    again: past.again,
  };
}

/** Pages of the lists that reach into the history; nothing is asked where `missing`, the runs that are not live, is 0. */
function usePast(project: string, missing: number) {
  const services = useServices();
  const common = { enabled: missing > 0, initialPageParam: "", placeholderData: keepPreviousData };
  const stages = useInfiniteQuery({
    ...common,
    queryKey: ["history", project, "stages", missing],
    queryFn: ({ pageParam, signal }) =>
      services.stages.listStages(
        { parent: project, pageSize: PAGE, pageToken: pageParam, orderBy: "create_time desc" },
        { signal },
      ),
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });
  const runs = useInfiniteQuery({
    ...common,
    queryKey: ["history", project, "runs", missing],
    queryFn: ({ pageParam, signal }) =>
      services.runs.listRuns({ parent: project, pageSize: PAGE, pageToken: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });
  const both = [stages, runs];
  return {
    stages: useMemo(() => stages.data?.pages.flatMap((page) => page.stages) ?? [], [stages.data]),
    runs: useMemo(() => runs.data?.pages.flatMap((page) => page.runs) ?? [], [runs.data]),
    ready: both.every(({ isPending }) => !isPending) || both.some(({ error }) => error),
    more: both.some(({ hasNextPage }) => hasNextPage)
      ? () => {
          for (const one of both) if (one.hasNextPage && !one.isFetching) void one.fetchNextPage();
        }
      : undefined,
    asking: both.some(({ isFetching }) => isFetching),
    error: stages.error ?? runs.error,
    again: () => {
      for (const one of both) void one.refetch();
    },
  };
}
