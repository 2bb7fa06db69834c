// The lines of the tree: what was made from what, and what else came before it. Lines that look the same are one path, since there
// may be thousands.
import { memo } from "react";
import { branchPath, heightOf, joinPath, widthOf } from "./measures.ts";
import type { Layout, Place } from "./shape/layout.ts";
import type { Tree, TreeNode } from "./shape/tree.ts";
import classes from "./tree.module.css";

interface Props {
  tree: Tree;
  layout: Layout;
  /** Rows that are in sight. */
  first: number;
  last: number;
}

/** In the order in which they are drawn: what matters now lies on top. */
const LOOKS = ["plain", "joined", "ghost", "current", "current joined"] as const;
type Look = (typeof LOOKS)[number];

export const Links = memo(function Links({ tree, layout, first, last }: Props) {
  const paths = pathsOf(tree, layout, first, last);
  return (
    <svg className={classes.links} width={widthOf(layout.columns)} height={heightOf(layout.rows)} aria-hidden>
      {LOOKS.map((look) => {
        const path = paths.get(look);
        return path ? <path key={look} className={classes.link} d={path.join("")} data-look={look} /> : null;
      })}
    </svg>
  );
});

function pathsOf(tree: Tree, { places }: Layout, first: number, last: number): Map<Look, string[]> {
  const found = new Map<Look, string[]>();
  const within = (one: Place, other: Place) =>
    Math.max(one.row, other.row) >= first && Math.min(one.row, other.row) <= last;
  const draw = (key: string, node: TreeNode, joined: boolean) => {
    const [from, to, origin] = [places.get(key), places.get(node.key), tree.byKey.get(key)];
    if (!from || !to || !origin || !within(from, to)) return;
    const look = lookOf(origin, node, joined);
    const path = joined ? joinPath(from, to) : branchPath(from, to);
    const others = found.get(look);
    if (others) others.push(path);
    else found.set(look, [path]);
  };
  for (const node of tree.nodes) {
    if (node.parent === undefined) continue;
    draw(node.parent, node, false);
    for (const key of node.joined) draw(key, node, true);
  }
  return found;
}

function lookOf(origin: TreeNode, node: TreeNode, joined: boolean): Look {
  if (node.kind === "ghost") return "ghost";
  if (origin.current && node.current) return joined ? "current joined" : "current";
  return joined ? "joined" : "plain";
}
