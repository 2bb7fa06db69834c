// One directory and what is beneath it, as a part of another page: a stage's workspace, what a gate asks to look at.
import { Anchor, Breadcrumbs, Group, Modal, Skeleton, Stack, Text } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import { Empty } from "../parts/Empty.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { BrowseLink } from "./BrowseLink.tsx";
import { FileTable, fileColumns, isFolder } from "./FileTable.tsx";
import { BY_NAME, ordered } from "./order.ts";
import { archiveAddress, baseName, joined, parts, shown } from "./paths.ts";
import { Preview } from "./preview/Preview.tsx";
import { useDirectory } from "./useDirectory.ts";

interface Props {
  /** The directory to begin at, the contract's; nothing above it is shown. */
  path: string;
  /** A file was opened; without, it is shown in a window of its own. */
  onOpen?: (file: File) => void;
  /** CSS. */
  height?: string;
}

export function FileList({ path, onOpen, height = "420px" }: Props) {
  const [beneath, setBeneath] = useState("");
  const [looked, setLooked] = useState<File>();
  const at = joined(path, beneath);
  const open = (file: File) => {
    if (isFolder(file)) setBeneath(joined(beneath, file.baseName));
    else if (onOpen) onOpen(file);
    else setLooked(file);
  };
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Way root={path} beneath={beneath} go={setBeneath} />
        <Group gap="md">
          <Anchor size="sm" href={archiveAddress([at], "zip")} download={`${baseName(at)}.zip`}>
            Download all of it
          </Anchor>
          <BrowseLink path={at}>
            <Group gap={4} wrap="nowrap" component="span">
              <IconExternalLink size={14} aria-hidden /> In Files
            </Group>
          </BrowseLink>
        </Group>
      </Group>
      <Entries key={at} path={at} open={open} height={height} />
      <Modal
        closeButtonProps={{ "aria-label": "Close" }}
        opened={looked !== undefined}
        onClose={() => setLooked(undefined)}
        title={shown(looked?.baseName ?? "")}
        size="xl"
      >
        {looked ? <Preview path={looked.path} tall /> : null}
      </Modal>
    </Stack>
  );
}

function Entries({ path, open, height }: { path: string; open: (file: File) => void; height: string }) {
  const directory = useDirectory(path);
  const { entries, complete, unordered } = directory;
  const columns = useMemo(() => fileColumns({}), []);
  const files = useMemo(() => (complete ? ordered(entries, BY_NAME) : entries), [entries, complete]);
  if (directory.error && !entries.length) return <ProblemNote error={directory.error} again={directory.again} />;
  if (directory.loading) return <Skeleton height={120} aria-label="Loading the folder" />;
  if (!entries.length && complete) return <Empty title="Nothing is in here" />;
  return (
    <>
      {unordered ? <Text size="xs">There are too many files to be put in order</Text> : null}
      <FileTable
        label={`Files in ${path}`}
        files={files}
        onOpen={open}
        more={directory.more}
        {...{ columns, height }}
      />
      {directory.error ? <ProblemNote error={directory.error} again={directory.again} /> : null}
    </>
  );
}

function Way({ root, beneath, go }: { root: string; beneath: string; go: (beneath: string) => void }) {
  const names = parts(beneath);
  const steps = [baseName(root), ...names];
  return (
    <Breadcrumbs separatorMargin={4} component="nav" aria-label="Where in the files">
      {steps.map((name, index) => {
        const to = names.slice(0, index).join("/");
        return index === steps.length - 1 ? (
          <Text key={to} size="sm" fw={500} aria-current="location">
            {shown(name)}
          </Text>
        ) : (
          <Anchor key={to} component="button" type="button" size="sm" onClick={() => go(to)}>
            {shown(name)}
          </Anchor>
        );
      })}
    </Breadcrumbs>
  );
}
