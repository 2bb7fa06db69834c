// One entry of the directory that is shown: its name, which can be dragged, and a menu of what can be done with it.
import { ActionIcon, Menu, Text } from "@mantine/core";
import {
  IconArrowRight,
  IconBoxAlignBottom,
  IconClipboardCopy,
  IconCopy,
  IconDots,
  IconDownload,
  IconFolderSymlink,
  IconPencil,
  IconTrash,
} from "@tabler/icons-react";
import type { DragEvent } from "react";
import { type File, FileKind } from "../api/winslow/v1/file_pb.ts";
import { fileAddress } from "../parts/names.ts";
import { DRAGGED } from "./clip.ts";
import { isFolder, Name } from "./FileTable.tsx";
import classes from "./files.module.css";
import { archiveAddress, inContainer, isArchive, isPool, shown } from "./paths.ts";
import { useDropTarget } from "./useDropTarget.ts";

interface NameProps {
  file: File;
  /** What people call it, where that is not its name. */
  called: string | undefined;
  selected: ReadonlySet<string>;
  /** It is looked at beside the list. */
  looked: boolean;
}

const isMine = (file: File) => file.writable && !isPool(file.path);

export function EntryName({ file, called, selected, looked }: NameProps) {
  const target = useDropTarget(file.path);
  const begin = (event: DragEvent) => {
    const paths = selected.has(file.path) ? [...selected] : [file.path];
    event.dataTransfer.setData(DRAGGED, JSON.stringify(paths));
    event.dataTransfer.effectAllowed = "move";
  };
  const names = called ? (
    <Name file={{ ...file, baseName: called }} also={<Under>{shown(file.baseName)}</Under>} />
  ) : (
    <Name file={file} />
  );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what dragging does, cut and paste do by keys
    <div
      className={classes.target}
      data-looked={looked || undefined}
      draggable={isMine(file)}
      onDragStart={begin}
      {...(isFolder(file) ? target : {})}
    >
      {names}
    </div>
  );
}

function Under({ children }: { children: string }) {
  return (
    <Text size="xs" c="dimmed" truncate="end">
      {children}
    </Text>
  );
}

export function EntryMenu({ file, act }: { file: File; act: (what: string) => void }) {
  const within = inContainer(file.path) ?? file.path;
  const folder = isFolder(file);
  const mine = isMine(file);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" tabIndex={-1} aria-label={`What to do with ${shown(file.baseName)}`}>
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconArrowRight size={14} aria-hidden />} onClick={() => act("open")}>
          {folder ? "Open" : "Look at it"}
        </Menu.Item>
        {folder || file.kind === FileKind.FILE ? (
          <Menu.Item
            component="a"
            href={folder ? archiveAddress([file.path], "zip") : fileAddress(file.path, "download")}
            download={folder ? `${file.baseName}.zip` : file.baseName}
            leftSection={<IconDownload size={14} aria-hidden />}
          >
            {folder ? "Download as a zip" : "Download"}
          </Menu.Item>
        ) : null}
        {navigator.clipboard ? (
          <Menu.Item
            leftSection={<IconClipboardCopy size={14} aria-hidden />}
            onClick={() => void navigator.clipboard.writeText(within)}
          >
            Copy its path, {shown(within).length > 40 ? "as a container sees it" : shown(within)}
          </Menu.Item>
        ) : null}
        <Menu.Item leftSection={<IconCopy size={14} aria-hidden />} onClick={() => act("copy")}>
          Copy to…
        </Menu.Item>
        {mine ? (
          <>
            {isArchive(file.baseName) && !folder ? (
              <Menu.Item leftSection={<IconBoxAlignBottom size={14} aria-hidden />} onClick={() => act("unpack")}>
                Unpack…
              </Menu.Item>
            ) : null}
            <Menu.Item leftSection={<IconPencil size={14} aria-hidden />} onClick={() => act("rename")}>
              Rename…
            </Menu.Item>
            <Menu.Item leftSection={<IconFolderSymlink size={14} aria-hidden />} onClick={() => act("move")}>
              Move to…
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item color="red" leftSection={<IconTrash size={14} aria-hidden />} onClick={() => act("delete")}>
              Delete…
            </Menu.Item>
          </>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}
