// What differs between two attempts, asked of the server once, and again when one of them has ended meanwhile.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useServices } from "../rpc/Rpc.tsx";

const PAGE = 200;

/** `as` says how far the two are: what was found of one that went on is not true of it once it has ended. */
export function useComparison(before: string, after: string, as: string) {
  const { stages } = useServices();
  const asked = useInfiniteQuery({
    queryKey: ["compare", before, after, as],
    queryFn: ({ pageParam, signal }) =>
      stages.compareStages({ before, after, pageSize: PAGE, pageToken: pageParam }, { signal }),
    enabled: Boolean(before && after) && before !== after,
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    staleTime: 60_000,
  });
  const files = useMemo(() => asked.data?.pages.flatMap((page) => page.files) ?? [], [asked.data]);
  const first = asked.data?.pages[0];
  return { ...asked, first, files, whole: first !== undefined && !asked.hasNextPage };
}

export type Comparison = ReturnType<typeof useComparison>;
