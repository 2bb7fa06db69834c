// The directory that is shown: its entries, which of them are selected, and what keys and menus do with them.
import { Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import {
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import { Awaited } from "../parts/Awaited.tsx";
import { Empty } from "../parts/Empty.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useCalled } from "./called.ts";
import { clip } from "./clip.ts";
import type { Asking } from "./dialogs.tsx";
import { EntryMenu, EntryName } from "./Entry.tsx";
import { FileTable, fileColumns, isFolder } from "./FileTable.tsx";
import { BY_NAME, type Sorting, turned } from "./order.ts";
import { above, isPool, takesFiles } from "./paths.ts";
import { Selected } from "./Selected.tsx";
import { type Directory, MOST, useDirectory } from "./useDirectory.ts";
import type { Hands } from "./useHands.ts";
import { useOrdered } from "./useOrdered.ts";

interface Props {
  path: string;
  hands: Hands;
  ask: (asking: Asking) => void;
  onLook: (name: string | undefined) => void;
  looked: string | undefined;
}

export function Entries({ path, hands, ask, onLook, looked }: Props) {
  const directory = useDirectory(path);
  const { entries, complete } = directory;
  const navigate = useNavigate();
  const called = useCalled();
  const held = useSyncExternalStore(clip.subscribe, clip.now);
  const [wished, setSorting] = useState<Sorting>(BY_NAME);
  const [selected, select] = useState<ReadonlySet<string>>(NONE);
  const { files, sorting, busy } = useOrdered(entries, complete, wished);
  const chosen = useMemo(
    () => (selected.size ? files.filter((file) => selected.has(file.path)) : NOBODY),
    [files, selected],
  );
  const cut = useMemo(() => new Set(held?.how === "cut" ? held.paths : []), [held]);
  const act = useRef<(what: string, file: File) => void>(() => {});

  const open = useCallback(
    (file: File) => {
      if (isFolder(file)) void navigate({ to: "/browse/$", params: { _splat: file.path } });
      else onLook(file.baseName);
    },
    [navigate, onLook],
  );
  act.current = (what, file) => {
    const some = selected.has(file.path) ? chosen : [file];
    if (what === "open") open(file);
    else if (what === "cut" || what === "copied") clip.hold({ how: what, paths: some.map((one) => one.path) });
    else if (what === "move" || what === "copy" || what === "delete") ask({ what, files: some });
    else if (what === "rename" || what === "unpack") ask({ what, file });
  };
  const columns = useMemo(
    () =>
      fileColumns({
        name: (file) => (
          <EntryName file={file} called={called(file.path)} selected={selected} looked={file.path === looked} />
        ),
        sorting,
        sort: complete ? (by) => setSorting((now) => turned(now, by)) : undefined,
        hands: (file) => <EntryMenu file={file} act={(what) => act.current(what, file)} />,
      }),
    [called, complete, sorting, selected, looked],
  );
  // What is no longer there is no longer selected.
  useEffect(() => {
    if (complete && selected.size > chosen.length) select(new Set(chosen.map((file) => file.path)));
  }, [complete, chosen, selected]);

  const paste = () => {
    if (!held || !takesFiles(path)) return;
    const { how, paths } = held;
    if (how === "cut") clip.hold(undefined);
    void (how === "cut" ? hands.move(paths, path) : hands.copy(paths, path));
  };
  const pressed = (event: KeyboardEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
    const file = files[Number(row?.dataset.index ?? -1)];
    const what = meaning(event, file);
    if (!what) return;
    event.preventDefault();
    if (what === "paste") paste();
    else if (what === "up") void navigate({ to: "/browse/$", params: { _splat: above(path) } });
    else if (file) act.current(what, file);
  };
  if (directory.error && !entries.length) return <ProblemNote error={directory.error} again={directory.again} />;
  if (directory.loading) return <Awaited what="Loading the folder" height={240} />;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the rows, which are in here
    <div onKeyDown={pressed} style={{ minWidth: 0 }}>
      <Stack gap="xs">
        {chosen.length || (held && takesFiles(path)) ? (
          <Selected
            {...{ chosen, ask, held, path, paste }}
            clear={() => select(NONE)}
            all={complete && files.length === chosen.length}
          />
        ) : null}
        {complete ? null : <Rest {...directory} />}
        {busy ? <Busy>Putting {entries.length.toLocaleString()} in order</Busy> : null}
        {files.length ? (
          <FileTable
            label="Files"
            files={files}
            onOpen={open}
            columns={columns}
            selection={{ selected, select }}
            faded={(file) => cut.has(file.path)}
            more={directory.more}
            asked={wished}
            height="calc(100dvh - 250px)"
          />
        ) : (
          <Nothing path={path} />
        )}
        {directory.error ? <ProblemNote error={directory.error} again={directory.again} /> : null}
      </Stack>
    </div>
  );
}

const NONE: ReadonlySet<string> = new Set();
const NOBODY: readonly File[] = [];

function Busy({ children }: { children: ReactNode }) {
  return (
    <Group gap="xs" role="status">
      <Loader size="xs" aria-hidden />
      <Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
        {children}
      </Text>
    </Group>
  );
}

/** What is not here yet, of a directory with more than a page. */
function Rest({ entries, unordered, bringing, bring }: Directory) {
  const count = entries.length.toLocaleString();
  const said = bringing
    ? `${count} so far`
    : entries.length >= MOST
      ? `${count} are here, and there are more. Find those you look for by their names`
      : unordered
        ? `There are so many files here that they come in no order, a part at a time: ${count} so far`
        : `The first ${count}: more come as you scroll`;
  return (
    <Group gap="xs">
      {bringing ? <Busy>{said}</Busy> : <Text size="sm">{said}.</Text>}
      {entries.length < MOST ? (
        <Button size="compact-xs" variant="default" onClick={() => bring(!bringing)}>
          {bringing ? "Stop" : "Bring all, to sort and select them"}
        </Button>
      ) : null}
    </Group>
  );
}

/** What a key means for the row it is pressed on. */
function meaning(event: KeyboardEvent, file: File | undefined): string | undefined {
  const command = event.ctrlKey || event.metaKey;
  const typing = (event.target as HTMLElement).matches("input:not([type=checkbox]), textarea");
  if (typing || event.shiftKey) return undefined;
  if (command && event.key === "v") return "paste";
  if (event.key === "Backspace" || (event.altKey && event.key === "ArrowUp")) return "up";
  if (!file) return undefined;
  const mine = file.writable && !isPool(file.path);
  if (command && event.key === "c" && !window.getSelection()?.toString()) return "copied";
  if (!mine || event.altKey) return undefined;
  if (command) return event.key === "x" ? "cut" : undefined;
  return { F2: "rename", Delete: "delete" }[event.key];
}

function Nothing({ path }: { path: string }) {
  if (takesFiles(path))
    return <Empty title="Nothing is in here yet">Drag files and folders here, or choose them with Upload.</Empty>;
  return <Empty title="Nothing is in here" />;
}
