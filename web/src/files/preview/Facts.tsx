// What a file is: its kind, size and time, and how to take it away.
import { ActionIcon, Anchor, CopyButton, Group, Text, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import type { File } from "../../api/winslow/v1/file_pb.ts";
import { FileKind } from "../../api/winslow/v1/file_pb.ts";
import { Ago } from "../../parts/Ago.tsx";
import { fileAddress } from "../../parts/names.ts";
import { size } from "../../parts/words.ts";
import { archiveAddress, inContainer, isRecord, kindWord } from "../paths.ts";

export function Facts({ file }: { file: File }) {
  return (
    <Group gap="xs" wrap="wrap">
      <Text size="sm">{kindWord(file.kind, file.mediaType, file.baseName)}</Text>
      {file.kind === FileKind.FILE ? (
        <Text size="sm" title={`${file.size} bytes`}>
          {size(file.size)}
        </Text>
      ) : null}
      <Ago time={file.modifyTime} />
      {isRecord(file.path) ? (
        <Tooltip label="What an attempt made stays as it is: download it, or copy it elsewhere">
          <Text size="sm" c="dimmed">
            read-only
          </Text>
        </Tooltip>
      ) : null}
      <Take file={file} />
      <PathCopy path={file.path} />
    </Group>
  );
}

/** A link that saves the file, or the folder as a zip. */
export function Take({ file }: { file: File }) {
  const folder = file.kind === FileKind.DIRECTORY;
  if (!folder && file.kind !== FileKind.FILE) return null;
  return (
    <Anchor
      size="sm"
      href={folder ? archiveAddress([file.path], "zip") : fileAddress(file.path, "download")}
      download={folder ? `${file.baseName}.zip` : file.baseName}
    >
      <Group gap={4} wrap="nowrap" component="span">
        <IconDownload size={14} aria-hidden />
        Download
      </Group>
    </Anchor>
  );
}

function PathCopy({ path }: { path: string }) {
  const within = inContainer(path);
  // Without a secure page there is no clipboard: then the path can be selected by hand.
  if (!navigator.clipboard) return <Text size="xs">{within ?? path}</Text>;
  return (
    <CopyButton value={within ?? path}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : `Copy ${within ?? path}${within ? ", its path in a container" : ""}`}>
          <ActionIcon size="sm" variant="subtle" color="gray" onClick={copy} aria-label="Copy the path">
            {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}
