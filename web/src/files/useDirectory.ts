// A directory's entries, a page at a time: the next is asked for when somebody comes near the end of what is there.
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import { useServices } from "../rpc/Rpc.tsx";
import type { Services } from "../rpc/services.ts";

/** Of the first page, so that it is there at once; and of those that follow. */
const FIRST = 200;
const MORE = 1000;
/** Where all are asked for, so many come before the list is drawn anew, which costs the more the longer it is. */
const TOGETHER = 10_000;
/** Entries that are brought here by themselves: more would be a burden to the browser, and of no use to a person. */
export const MOST = 250_000;

export const directoryKey = (path: string) => ["files", "list", path] as const;

export interface Directory {
  entries: readonly File[];
  /** They come in the directory's own order, since there are too many to sort. */
  unordered: boolean;
  /** Whether all of it is here. */
  complete: boolean;
  loading: boolean;
  error: Error | null;
  /** Asks for the next page, unless it is under way. */
  more: () => void;
  /** Whether the rest is being brought. */
  bringing: boolean;
  /** Asks for all that follows, up to `MOST`; or has that end. */
  bring: (on: boolean) => void;
  again: () => void;
}

export function useDirectory(path: string): Directory {
  const { files } = useServices();
  const [wanted, bring] = useState(false);
  const together = useRef(MORE);
  together.current = wanted ? TOGETHER : MORE;
  const asked = useInfiniteQuery({
    queryKey: directoryKey(path),
    queryFn: ({ pageParam, signal }) => paged(files, path, pageParam, pageParam ? together.current : FIRST, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    structuralSharing: false, // to compare a hundred thousand entries with themselves takes longer than to draw those in sight
  });
  const { data, hasNextPage, isFetching, isFetchNextPageError, fetchNextPage, refetch } = asked;
  const entries = useMemo(() => data?.pages.flatMap((page) => page.files) ?? [], [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
  const bringing = wanted && hasNextPage && !isFetchNextPageError && entries.length < MOST;
  useEffect(() => {
    if (bringing) more();
  }, [bringing, more]);
  return {
    entries,
    unordered: data?.pages.some((page) => page.unordered) ?? false,
    complete: data !== undefined && !hasNextPage,
    loading: asked.isPending,
    error: asked.error,
    more,
    bringing,
    bring,
    again: () => void (isFetchNextPageError ? fetchNextPage() : refetch()),
  };
}

/** From `pageToken` on, `size` entries or a few more, in as many calls as that takes. */
async function paged(files: Services["files"], path: string, pageToken: string, size: number, signal: AbortSignal) {
  const page = await files.listFiles({ path, pageToken, pageSize: Math.min(size, MORE) }, { signal });
  while (page.files.length < size && page.nextPageToken) {
    const next = await files.listFiles({ path, pageToken: page.nextPageToken, pageSize: MORE }, { signal });
    page.files.push(...next.files);
    page.nextPageToken = next.nextPageToken;
    page.unordered ||= next.unordered;
  }
  return page;
}

/** Has what is shown of these directories, and what is in them, asked for anew. */
export function useLookAgain(): (...paths: string[]) => void {
  const known = useQueryClient();
  return useCallback(
    (...paths: string[]) => {
      for (const path of paths) void known.invalidateQueries({ queryKey: directoryKey(path) });
      void known.invalidateQueries({ queryKey: ["files", "usage"] });
      void known.invalidateQueries({ queryKey: ["files", "found"] });
      void known.invalidateQueries({ queryKey: ["files", "stat"] });
    },
    [known],
  );
}
