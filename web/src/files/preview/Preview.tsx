// A file as it is best looked at. What shows it is loaded when it is wanted; what it holds is taken for hostile.
import { Box, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { type File, FileKind } from "../../api/winslow/v1/file_pb.ts";
import { lazyPart } from "../../parts/fetching.ts";
import { ProblemNote } from "../../parts/ProblemNote.tsx";
import { useServices } from "../../rpc/Rpc.tsx";
import { isRecord } from "../paths.ts";
import { Facts } from "./Facts.tsx";
import { type Look, lookOf, seemsText } from "./kinds.ts";
import { bytesOf, type Source } from "./ranges.ts";

const Picture = lazyPart(() => import("./Picture.tsx"), "Picture");
const Film = lazyPart(() => import("./Film.tsx"), "Film");
const Sound = lazyPart(() => import("./Film.tsx"), "Sound");
const Letters = lazyPart(() => import("./Letters.tsx"), "Letters");
const Cells = lazyPart(() => import("./Cells.tsx"), "Cells");
const Tree = lazyPart(() => import("./Tree.tsx"), "Tree");

/** What shows a file; `height` is CSS and the most it may take. */
export interface Shows {
  file: File;
  source: Source;
  height: string;
}

interface Props {
  /** The contract's. */
  path: string;
  /** As high as the window allows, rather than as a part of a page. */
  tall?: boolean;
  /** Without what the file is, where that stands beside it already. */
  bare?: boolean;
}

export function Preview({ path, tall = false, bare = false }: Props) {
  const { files } = useServices();
  const asked = useQuery({
    queryKey: ["files", "stat", path],
    queryFn: ({ signal }) => files.statFile({ path }, { signal }),
  });
  if (asked.error) return <ProblemNote error={asked.error} again={() => void asked.refetch()} />;
  if (!asked.data) return <Skeleton height={tall ? 320 : 160} aria-label="Loading the file" />;
  const file = asked.data;
  const height = tall ? "max(240px, calc(100dvh - 320px))" : "420px";
  return (
    <Stack gap="xs" data-testid="preview">
      {bare ? null : <Facts file={file} />}
      <Shown key={`${path} ${file.etag}`} file={file} height={height} />
    </Stack>
  );
}

function Shown({ file, height }: { file: File; height: string }) {
  if (file.kind === FileKind.DIRECTORY) return <Note>This is a folder: open it to see what is in it.</Note>;
  if (file.kind !== FileKind.FILE) return <Note>This is no file that could be read.</Note>;
  if (file.size === 0n && !isRecord(file.path)) return <Note>The file is empty.</Note>;
  const source = sourceOf(file);
  return (
    <Suspense fallback={<Skeleton height={160} aria-label="Loading the file" />}>
      <Looked look={lookOf(file)} {...{ file, source, height }} />
    </Suspense>
  );
}

function Looked({ look, ...shows }: { look: Look } & Shows) {
  switch (look) {
    case "picture":
      return <Picture {...shows} />;
    case "video":
      return <Film {...shows} />;
    case "audio":
      return <Sound {...shows} />;
    case "text":
      return <Letters {...shows} />;
    case "table":
      return <Cells {...shows} />;
    case "tree":
      return <Tree {...shows} />;
    case "unknown":
      return <Unknown {...shows} />;
    case "facts":
      return <Nothing file={shows.file} />;
  }
}

const FIRST_LOOK = 4096;

function Unknown(shows: Shows) {
  const { source } = shows;
  const looked = useQuery({
    queryKey: ["files", "first", source.path, source.etag],
    queryFn: async ({ signal }) => seemsText(await bytesOf(source, 0, FIRST_LOOK, signal)),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (looked.error) return <ProblemNote error={looked.error} again={() => void looked.refetch()} />;
  if (looked.data === undefined) return <Skeleton height={160} aria-label="Looking at the file" />;
  return looked.data ? <Letters {...shows} /> : <Nothing file={shows.file} />;
}

function Nothing({ file }: { file: File }) {
  return (
    <Note>
      {file.baseName.toLowerCase().endsWith(".pdf")
        ? "A PDF is looked at elsewhere"
        : "There is nothing to see of such a file here"}
      : download it.
    </Note>
  );
}

function Note({ children }: { children: React.ReactNode }) {
  return (
    <Box py="sm">
      <Text size="sm">{children}</Text>
    </Box>
  );
}

export function sourceOf(file: File): Source {
  return { path: file.path, size: Number(file.size), etag: file.etag, grows: !file.writable && isRecord(file.path) };
}
