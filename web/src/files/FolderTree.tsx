// biome-ignore-all lint/a11y/useSemanticElements: HTML has no tree
// A tree of folders, and of files if they are wanted, to choose one from. A folder's entries are asked for when it is unfolded.
import { Loader, Text } from "@mantine/core";
import { type KeyboardEvent, useRef, useState } from "react";
import { type File, FileKind } from "../api/winslow/v1/file_pb.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { isFolder, Sign } from "./FileTable.tsx";
import classes from "./files.module.css";
import { BY_NAME, ordered } from "./order.ts";
import { baseName, isWithin, shown } from "./paths.ts";
import { useDirectory } from "./useDirectory.ts";

interface Props {
  roots: readonly string[];
  /** Whether files are shown, too. */
  files: boolean;
  chosen: string;
  onChoose: (file: Chosen) => void;
  /** By Enter or a double click. */
  onOpen?: (file: Chosen) => void;
  /** Unfolded at first as far as this path. */
  towards?: string;
  /** What a root is called, where its last name does not say it. */
  called?: (path: string) => string | undefined;
}

export type Chosen = Pick<File, "path" | "baseName" | "kind">;

export function FolderTree(props: Props) {
  const tree = useRef<HTMLDivElement>(null);
  return (
    <div
      ref={tree}
      role="tree"
      aria-label="Folders"
      className={classes.tree}
      onKeyDown={(event) => walk(event, tree.current)}
    >
      {props.roots.map((root, index) => (
        <Knot
          key={root}
          file={{ path: root, baseName: baseName(root), kind: FileKind.DIRECTORY }}
          level={1}
          first={index === 0}
          begin={props.roots.length === 1}
          {...props}
        />
      ))}
    </div>
  );
}

interface KnotProps extends Props {
  file: Chosen;
  level: number;
  first?: boolean;
  begin?: boolean;
}

function Knot({ file, level, first = false, begin = false, ...props }: KnotProps) {
  const { chosen, onChoose, onOpen, towards = "", called } = props;
  const folder = isFolder(file as File);
  const [open, setOpen] = useState(begin || (towards !== "" && isWithin(towards, file.path) && towards !== file.path));
  const selected = chosen === file.path;
  return (
    <div>
      <div
        role="treeitem"
        aria-level={level}
        aria-selected={selected}
        aria-expanded={folder ? open : undefined}
        tabIndex={selected || (first && !chosen) ? 0 : -1}
        className={classes.knot}
        style={{ paddingInlineStart: `${(level - 1) * 18 + 4}px` }}
        onClick={() => {
          onChoose(file);
          if (folder && !open) setOpen(true);
        }}
        onDoubleClick={() => (folder && !props.files ? setOpen(!open) : onOpen?.(file))}
        onFocus={(event) => event.target === event.currentTarget && chosen !== file.path && onChoose(file)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onOpen?.(file);
          else if (event.key === "ArrowRight" && folder && !open) setOpen(true);
          else if (event.key === "ArrowLeft" && folder && open) setOpen(false);
          else return;
          event.preventDefault();
        }}
      >
        {folder ? (
          <button
            type="button"
            tabIndex={-1}
            aria-hidden
            className={classes.fold}
            onClick={(event) => {
              event.stopPropagation();
              setOpen(!open);
            }}
          >
            {open ? "▾" : "▸"}
          </button>
        ) : (
          <span className={classes.fold} />
        )}
        <Sign file={file as File} />
        <Text size="sm" truncate="end" title={shown(file.baseName)}>
          {called?.(file.path) ?? shown(file.baseName)}
        </Text>
      </div>
      {open ? <Within {...props} path={file.path} level={level + 1} /> : null}
    </div>
  );
}

function Within({ path, level, ...props }: Props & { path: string; level: number }) {
  const { entries, complete, loading, error, more, again } = useDirectory(path);
  const shownOnes = (complete ? ordered(entries, BY_NAME) : entries).filter((file) => props.files || isFolder(file));
  const indented = { paddingInlineStart: `${level * 18}px` };
  // Whatever else is told within a tree is an item of it: there is no other way for who only hears it.
  if (error) {
    return (
      <div role="treeitem" aria-level={level} tabIndex={-1} style={indented}>
        <ProblemNote error={error} again={again} />
      </div>
    );
  }
  return (
    <div role="group" aria-busy={loading}>
      {shownOnes.map((file) => (
        <Knot key={file.path} file={file} level={level} {...props} />
      ))}
      {loading ? <Loader size="xs" ml={level * 18} aria-hidden /> : null}
      {complete || loading ? null : (
        <div
          role="treeitem"
          aria-level={level}
          tabIndex={-1}
          className={classes.knot}
          style={indented}
          onClick={more}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.currentTarget.previousElementSibling?.querySelector<HTMLElement>("[role=treeitem]")?.focus(); // this one goes
            more();
          }}
        >
          <Text size="sm" c="var(--mantine-color-anchor)">
            More
          </Text>
        </div>
      )}
      {complete && !shownOnes.length ? (
        <Text size="xs" ml={level * 18 + 24}>
          {props.files ? "Nothing is in here" : "No folders are in here"}
        </Text>
      ) : null}
    </div>
  );
}

/** Arrows up and down go from one knot in sight to the next, Home and End to the first and the last. */
function walk(event: KeyboardEvent, tree: HTMLElement | null): void {
  const knots = [...(tree?.querySelectorAll<HTMLElement>("[role=treeitem]") ?? [])];
  const at = knots.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: knots.length - 1 }[event.key];
  if (to === undefined || !knots[to]) return;
  event.preventDefault();
  knots[to].focus();
}
