// All files that an attempt gave out or left in its workspace, as far as a page can look through: found by the server at any depth.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useServices } from "../rpc/Rpc.tsx";

const PAGE = 500;
/** Pages at most of each: who has more files looks at them in a list. */
const MOST = 6;

/**
 * `stage` is a stage's name, or "projects/P" for the zeroth workspace; "" for none. `as` says how far it is: what was found while
 * it went on is not all of it.
 */
export function useFound(stage: string, as: string) {
  const isStage = stage.includes("/stages/");
  const output = useBeneath(isStage ? `${stage}/output` : "", as);
  const workspace = useBeneath(stage ? `${stage}/workspace` : "", as);
  return {
    files: useMemo(() => [...output.files, ...workspace.files], [output.files, workspace.files]),
    waiting: output.waiting || workspace.waiting,
    cut: output.cut || workspace.cut,
    error: output.error ?? workspace.error,
  };
}

function useBeneath(path: string, as: string) {
  const { files } = useServices();
  const asked = useInfiniteQuery({
    queryKey: ["found", path, as],
    queryFn: ({ pageParam, signal }) =>
      files.searchFiles({ path, query: "*", pageSize: PAGE, pageToken: pageParam }, { signal }),
    enabled: Boolean(path),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    staleTime: 60_000,
    retry: false,
  });
  const pages = asked.data?.pages.length ?? 0;
  const { hasNextPage, isFetching, fetchNextPage } = asked;
  useEffect(() => {
    if (hasNextPage && !isFetching && pages < MOST) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage, pages]);
  return {
    files: useMemo(() => asked.data?.pages.flatMap((page) => page.files) ?? [], [asked.data]),
    waiting: asked.isLoading,
    cut: hasNextPage && pages >= MOST,
    error: asked.error,
  };
}
