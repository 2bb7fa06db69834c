// Where each node of the tree stands: a column for how far the pipeline has come, a row for each branch. A first child goes on in
// its parent's row and others begin rows below, so what is added moves as little as can be, and no line crosses a node.
import type { Tree } from "./tree.ts";

export interface Place {
  column: number;
  row: number;
}

export interface Layout {
  places: ReadonlyMap<string, Place>;
  columns: number;
  rows: number;
}

/** Costs one walk over the tree. */
export function placed(tree: Tree): Layout {
  const columns = columnsOf(tree);
  const places = new Map<string, Place>();
  let rows = 0;
  for (const node of tree.nodes) {
    const parent = node.parent === undefined ? undefined : places.get(node.parent);
    const first = node.parent !== undefined && tree.children.get(node.parent)?.[0] === node.key;
    const row = parent && first ? parent.row : rows++;
    places.set(node.key, { column: columns.get(node.key) ?? 0, row });
  }
  return { places, columns: Math.max(0, ...columns.values()) + 1, rows };
}

/** Right of all that a node comes from, and where its definition stands in the pipeline. The zeroth workspace has the first. */
function columnsOf(tree: Tree): Map<string, number> {
  const found = new Map<string, number>();
  const under = new Set<string>();
  const columnOf = (key: string): number => {
    const known = found.get(key);
    const node = tree.byKey.get(key);
    if (known !== undefined) return known;
    if (!node || under.has(key)) return 0;
    under.add(key);
    const before = [...(node.parent === undefined ? [] : [node.parent]), ...node.joined].map(columnOf);
    const column = before.length ? Math.max(node.rank + 1, ...before.map((one) => one + 1)) : 0;
    found.set(key, column);
    return column;
  };
  for (const { key } of tree.nodes) columnOf(key);
  return found;
}
