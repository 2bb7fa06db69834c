// The tree of attempts, drawn. Only what is in sight is in the page; arrow keys walk it, Enter opens, Space shows beside it.
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { Links } from "./Links.tsx";
import { heightOf, widthOf } from "./measures.ts";
import { type Place, placed } from "./shape/layout.ts";
import type { Tree as Shape, TreeNode } from "./shape/tree.ts";
import { type Step, walked } from "./shape/walk.ts";
import { TreeItem } from "./TreeItem.tsx";
import classes from "./tree.module.css";
import { useSight } from "./useSight.ts";

interface Props {
  tree: Shape;
  /** The key of the node that is shown beside the tree. */
  selected: string | undefined;
  /** Where the focus stands at first, brought into sight. */
  front: string;
  dropped: (stage: Stage) => boolean;
  /** The address behind a node; undefined where there is none. */
  address: (node: TreeNode) => string | undefined;
  onPick: (node: TreeNode) => void;
  onOpen: (node: TreeNode) => void;
}

const STEPS: ReadonlySet<string> = new Set(["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"]);

export function Tree({ tree, selected, front, dropped, address, onPick, onOpen }: Props) {
  const layout = useMemo(() => placed(tree), [tree]);
  const { scroller, first, last, bring } = useSight(layout);
  const [chosen, setChosen] = useState(selected ?? front);
  const focused = tree.byKey.has(chosen) ? chosen : front;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when it is shown first
  useLayoutEffect(() => bring(focused), []);
  const press = (event: KeyboardEvent) => {
    const node = tree.byKey.get(focused);
    if (!node || event.target !== scroller.current?.querySelector(`[data-key="${CSS.escape(focused)}"]`)) return;
    if (STEPS.has(event.key)) {
      const next = walked(tree, layout, focused, event.key as Step);
      setChosen(next);
      bring(next, true);
      if (selected !== undefined && next !== selected) onPick(tree.byKey.get(next) ?? node);
    } else if (event.key === "Enter") onOpen(node);
    else if (event.key === " ") onPick(node);
    else return;
    event.preventDefault();
  };
  const depths = useMemo(() => depthsOf(tree), [tree]);
  const shown = tree.nodes.filter(({ key }) => {
    const row = layout.places.get(key)?.row ?? 0;
    return (row >= first && row <= last) || key === focused;
  });
  const pick = useLatest((key: string) => {
    const node = tree.byKey.get(key);
    setChosen(key);
    if (node) onPick(node);
  });
  const open = useLatest((key: string) => {
    const node = tree.byKey.get(key);
    if (node) onOpen(node);
  });
  return (
    <div ref={scroller} className={classes.scroller} role="tree" aria-label="Tree of attempts" onKeyDown={press}>
      <div
        className={classes.plane}
        style={{ width: widthOf(layout.columns), height: heightOf(layout.rows) }}
        role="none"
      >
        <Links tree={tree} layout={layout} first={first} last={last} />
        {shown.map((node) => (
          <TreeItem
            key={node.key}
            node={node}
            place={layout.places.get(node.key) as Place}
            depth={depths.get(node.key) ?? 1}
            siblings={beside(tree, node).length}
            order={beside(tree, node).indexOf(node.key) + 1}
            branches={tree.children.has(node.key)}
            focused={node.key === focused}
            selected={node.key === selected}
            dropped={node.kind === "stage" && dropped(node.stage)}
            href={address(node)}
            onPick={pick}
            onOpen={open}
          />
        ))}
      </div>
    </div>
  );
}

/** The keys of all that hang on what it hangs on, itself among them. */
function beside(tree: Shape, { key, parent }: TreeNode): readonly string[] {
  return (parent === undefined ? undefined : tree.children.get(parent)) ?? [key];
}

/** The same function for ever, which does what the latest one does: what it is given to need not be drawn again for it. */
function useLatest<Argument>(does: (argument: Argument) => void): (argument: Argument) => void {
  const latest = useRef(does);
  useEffect(() => {
    latest.current = does;
  });
  return useCallback((argument: Argument) => latest.current(argument), []);
}

function depthsOf(tree: Shape): Map<string, number> {
  const found = new Map<string, number>();
  for (const { key, parent } of tree.nodes) found.set(key, parent === undefined ? 1 : (found.get(parent) ?? 0) + 1);
  return found;
}
