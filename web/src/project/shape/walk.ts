// Walking the tree by arrow keys: right to what was made from it, left to what it was made from, up and down along its column.
import type { Layout } from "./layout.ts";
import type { Tree } from "./tree.ts";

export type Step = "ArrowRight" | "ArrowLeft" | "ArrowUp" | "ArrowDown" | "Home" | "End";

/** The key of the node that `step` leads to from `key`; the same where there is none that way. */
export function walked(tree: Tree, layout: Layout, key: string, step: Step): string {
  switch (step) {
    case "ArrowRight":
      return tree.children.get(key)?.[0] ?? key;
    case "ArrowLeft":
      return tree.byKey.get(key)?.parent ?? key;
    case "ArrowUp":
      return neighbour(layout, key, -1);
    case "ArrowDown":
      return neighbour(layout, key, 1);
    case "Home":
      return tree.nodes[0]?.key ?? key;
    case "End":
      return tree.nodes.at(-1)?.key ?? key;
  }
}

/** The next above or below: in the same column, or else the nearest row's nearest. */
function neighbour(layout: Layout, key: string, direction: 1 | -1): string {
  const from = layout.places.get(key);
  if (!from) return key;
  let best = key;
  let least = Number.POSITIVE_INFINITY;
  for (const [other, { column, row }] of layout.places) {
    const away = (row - from.row) * direction;
    if (away <= 0) continue;
    // Another column is as far as very many rows: it is gone to only where this one has no more.
    const cost = away + Math.abs(column - from.column) * 1e6;
    if (cost < least) [best, least] = [other, cost];
  }
  return best;
}
