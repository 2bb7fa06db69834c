// What was found below a directory: it comes page by page while the node is still looking.
import { Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo } from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import { Empty } from "../parts/Empty.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { BrowseLink } from "./BrowseLink.tsx";
import { FileTable, fileColumns, isFolder, Name } from "./FileTable.tsx";
import { above, shown } from "./paths.ts";

/** So many are looked for by themselves; more when one scrolls to their end. */
const ENOUGH = 200;
const PAGE = 100;

interface Props {
  path: string;
  find: string;
  /** From `path`. */
  onLook: (name: string) => void;
}

export function Found({ path, find, onLook }: Props) {
  const { files: service } = useServices();
  const navigate = useNavigate();
  const asked = useInfiniteQuery({
    queryKey: ["files", "found", path, find],
    queryFn: ({ pageParam, signal }) =>
      service.searchFiles({ path, query: find, pageToken: pageParam, pageSize: PAGE }, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = asked;
  const files = useMemo(() => data?.pages.flatMap((page) => page.files) ?? [], [data]);
  const few = files.length < ENOUGH;
  useEffect(() => {
    if (few && hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [few, hasNextPage, isFetching, isError, fetchNextPage]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const columns = useMemo(() => fileColumns({ name: (file) => <Where file={file} root={path} /> }), [path]);
  const open = (file: File) => {
    if (isFolder(file)) void navigate({ to: "/browse/$", params: { _splat: file.path } });
    else onLook(path ? file.path.slice(path.length + 1) : file.path);
  };
  return (
    <Stack gap="xs" miw={0}>
      <Group gap="xs" role="status">
        {isFetching || hasNextPage ? <Loader size="xs" aria-hidden /> : null}
        <Text size="sm">
          {files.length.toLocaleString()} found{isFetching ? ", still looking" : ""}
        </Text>
        {hasNextPage && !isFetching ? (
          <Button size="compact-xs" variant="default" onClick={more}>
            Go on looking
          </Button>
        ) : null}
      </Group>
      {asked.error ? <ProblemNote error={asked.error} again={() => void asked.refetch()} /> : null}
      {files.length ? (
        <FileTable
          label="Found files"
          files={files}
          columns={columns}
          onOpen={open}
          more={more}
          height="calc(100dvh - 250px)"
        />
      ) : isFetching || hasNextPage || asked.error ? null : (
        <Empty title="No file below here is called that">
          A part of a name is enough, and * and ? stand for anything: *.mp4, frame-??.png
        </Empty>
      )}
    </Stack>
  );
}

function Where({ file, root }: { file: File; root: string }) {
  const at = above(file.path);
  return (
    <Name
      file={file}
      also={
        <BrowseLink path={at} size="xs" truncate="end" tabIndex={-1} title={shown(at)}>
          {shown(root && at.startsWith(root) ? at.slice(root.length + 1) || "here" : at)}
        </BrowseLink>
      }
    />
  );
}
