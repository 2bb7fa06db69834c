// Where one looks first in the tree: where a person is waited for, else what runs, else what came last on the current path.
import { StageState } from "../../api/winslow/v1/stage_pb.ts";
import { ROOT, type Tree, type TreeNode } from "./tree.ts";

const ENDED_FROM = StageState.SUCCEEDED;

export function frontOf(tree: Tree): string {
  let best = { key: ROOT, rank: -1 };
  for (const node of tree.nodes) {
    const rank = rankOf(node);
    if (rank >= best.rank) best = { key: node.key, rank };
  }
  return best.key;
}

function rankOf(node: TreeNode): number {
  if (node.kind === "ghost") return node.ghost.waiting === "gate" ? 4 : -1;
  if (node.kind === "stage" && node.stage.state < ENDED_FROM) return 3;
  if (node.kind === "stage") return node.current ? 2 : 1;
  return 0;
}
