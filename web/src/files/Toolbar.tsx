// What can be done with the directory that is shown: find in it, put something into it, look at it again.
import { ActionIcon, Button, FileButton, Group, Menu, TextInput, Tooltip } from "@mantine/core";
import { IconFolderPlus, IconRefresh, IconSearch, IconUpload } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { Asking } from "./dialogs.tsx";
import { takesFiles } from "./paths.ts";
import { chosen, uploads } from "./uploads.ts";
import { useLookAgain } from "./useDirectory.ts";

const route = getRouteApi("/browse/$");
/** Milliseconds after the last key before it is looked for. */
const PAUSE = 350;

interface Props {
  path: string;
  find: string;
  ask: (asking: Asking) => void;
}

export function Toolbar({ path, find, ask }: Props) {
  const lookAgain = useLookAgain();
  const takes = takesFiles(path);
  return (
    <Group gap="xs">
      <Finder find={find} />
      <Tooltip label="Look again">
        <ActionIcon variant="default" size={30} aria-label="Look again" onClick={() => lookAgain(path)}>
          <IconRefresh size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
      {takes ? (
        <>
          <Tooltip label="New folder">
            <ActionIcon
              variant="default"
              size={30}
              aria-label="New folder"
              onClick={() => ask({ what: "folder", in: path })}
            >
              <IconFolderPlus size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <Upload path={path} />
        </>
      ) : null}
    </Group>
  );
}

function Finder({ find }: { find: string }) {
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(find);
  useEffect(() => setTyped(find), [find]);
  useEffect(() => {
    if (typed === find) return;
    const timer = setTimeout(() => {
      void navigate({ search: ({ find: _, ...rest }) => (typed ? { ...rest, find: typed } : rest), replace: true });
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [typed, find, navigate]);
  return (
    <TextInput
      size="xs"
      flex="1 1 160px"
      maw={240}
      aria-label="Find below here, by a part of a name or a pattern with * and ?"
      placeholder="Find below here"
      leftSection={<IconSearch size={14} aria-hidden />}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Escape" && setTyped("")}
    />
  );
}

interface Choosing extends Window {
  showOpenFilePicker?: (options: { multiple: boolean }) => Promise<FileSystemFileHandle[]>;
}

function Upload({ path }: { path: string }) {
  const folder = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={folder}
        type="file"
        hidden
        data-testid="folder-input"
        // Not in React's types: it has a folder chosen in place of files.
        {...{ webkitdirectory: "" }}
        onChange={(event) => {
          uploads.add(chosen(event.currentTarget.files ?? [], path));
          event.currentTarget.value = "";
        }}
      />
      <FileButton
        multiple
        onChange={(files) => uploads.add(chosen(files, path))}
        inputProps={{ "data-testid": "files-input" } as object}
      >
        {({ onClick }) => (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button size="xs" leftSection={<IconUpload size={14} aria-hidden />}>
                Upload
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => void chooseFiles(path, onClick)}>Files…</Menu.Item>
              <Menu.Item onClick={() => folder.current?.click()}>A folder…</Menu.Item>
              <Menu.Label>Or drag them onto the list</Menu.Label>
            </Menu.Dropdown>
          </Menu>
        )}
      </FileButton>
    </>
  );
}

/** With handles where the browser gives them, so that one click goes on after it was closed; else as everywhere. */
async function chooseFiles(path: string, otherwise: () => void): Promise<void> {
  const { showOpenFilePicker } = window as Choosing;
  if (!showOpenFilePicker) return otherwise();
  const handles = await showOpenFilePicker.call(window, { multiple: true }).catch(() => []);
  const { newId } = await import("./sending/walk.ts");
  const wishes = handles.map(async (handle) => {
    const [wish] = chosen([await handle.getFile()], path);
    return wish ? [{ ...wish, ground: { id: newId(), handle } }] : [];
  });
  uploads.add((await Promise.all(wishes)).flat());
}
