// One item of the drawn tree: its frame, its place, and what it says to who does not see it. Drawn again only when it is another.
import { VisuallyHidden } from "@mantine/core";
import { type MouseEvent, memo } from "react";
import { captionTop, left, NODE, nodeWidth, top } from "./measures.ts";
import { looksSame, NodeBody } from "./NodeView.tsx";
import { nodeMore, runCaption } from "./said.ts";
import type { Place } from "./shape/layout.ts";
import type { TreeNode } from "./shape/tree.ts";
import classes from "./tree.module.css";

interface ItemProps {
  node: TreeNode;
  place: Place;
  depth: number;
  siblings: number;
  order: number;
  branches: boolean;
  focused: boolean;
  selected: boolean;
  dropped: boolean;
  href: string | undefined;
  onPick: (key: string) => void;
  onOpen: (key: string) => void;
}

export const TreeItem = memo(
  function TreeItem({
    node,
    place,
    depth,
    siblings,
    order,
    branches,
    focused,
    selected,
    dropped,
    href,
    onPick,
    onOpen,
  }: ItemProps) {
    const box = { left: left(place), top: top(place), width: nodeWidth(place), height: NODE.height };
    const run = node.kind === "stage" ? node.begins : undefined;
    const common = {
      role: "treeitem",
      "data-key": node.key,
      "data-kind": node.kind,
      "data-current": node.current || undefined,
      "data-waits": (node.kind === "ghost" && node.ghost.waiting === "gate") || undefined,
      "data-plain": (node.kind === "ghost" && !href) || undefined,
      "aria-level": depth,
      "aria-setsize": siblings,
      "aria-posinset": order,
      "aria-selected": selected,
      "aria-expanded": branches || undefined,
      tabIndex: focused ? 0 : -1,
      className: classes.node ?? "",
      style: box,
      onClick: (event: MouseEvent) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onPick(node.key);
      },
      onDoubleClick: () => onOpen(node.key),
    };
    const more = nodeMore(node);
    // It is called by what it shows: who speaks to their machine says what they see.
    const body = (
      <>
        <NodeBody node={node} dropped={dropped} />
        {more ? <VisuallyHidden>{more}</VisuallyHidden> : null}
      </>
    );
    return (
      <>
        {run ? (
          <div
            className={classes.caption}
            style={{ left: box.left, top: captionTop(place), width: NODE.width }}
            title={runCaption(run)}
            aria-hidden
          >
            {runCaption(run)}
          </div>
        ) : null}
        {href ? (
          <a href={href} {...common}>
            {body}
          </a>
        ) : (
          <div {...common}>{body}</div>
        )}
      </>
    );
  },
  (one, other) =>
    looksSame(one.node, other.node) &&
    one.node.current === other.node.current &&
    begins(one.node) === begins(other.node) &&
    one.place.row === other.place.row &&
    one.place.column === other.place.column &&
    SAME.every((key) => one[key] === other[key]),
);

const SAME = [
  "depth",
  "siblings",
  "order",
  "branches",
  "focused",
  "selected",
  "dropped",
  "href",
  "onPick",
  "onOpen",
] as const;

const begins = (node: TreeNode) => (node.kind === "stage" ? node.begins?.revision : undefined);
