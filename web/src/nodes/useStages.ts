// Stages of all projects that have not ended, page by page; asked again when the stream says that something moved.
import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { useTable } from "../live/Live.tsx";
import { useStirred } from "../live/useStirred.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { NOT_ENDED } from "./waiting.ts";

const PAGE = 500;
/** More are not listed at once: a list of them would help nobody. */
const MOST = 5_000;

export interface Stages {
  stages: readonly Stage[];
  /** There are more than are listed. */
  more: boolean;
  pending: boolean;
  error: unknown;
  again: () => void;
}

/** `node` is a node's whole name; left out for all. */
export function useStages(node?: string): Stages {
  const { stages: service } = useServices();
  const asked = useQueryClient();
  const queryKey = ["stages", node ?? ""];
  const filter = node ? `${NOT_ENDED} AND node = "${node}"` : NOT_ENDED;
  const { data, error, isPending, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      service.listStages({ parent: "projects/-", filter, pageSize: PAGE, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (page, pages) => (pages.length * PAGE < MOST && page.nextPageToken) || undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const again = () => void asked.invalidateQueries({ queryKey });
  // A stage that moves moves its project and, where it is on one, its node.
  useStirred(useTable("node"), again, 500);
  useStirred(useTable("project"), again, 500);
  const stages = useMemo(() => data?.pages.flatMap((page) => page.stages) ?? [], [data]);
  const more = (data?.pages.length ?? 0) * PAGE >= MOST && Boolean(data?.pages.at(-1)?.nextPageToken);
  return { stages, more, pending: isPending, error, again };
}
