// What nodes of the tree say in words, also to those who do not see it.
import { StageState } from "../api/winslow/v1/stage_pb.ts";
import { STAGE_MARKS } from "../parts/StateMark.tsx";
import type { Ghost } from "./shape/ghosts.ts";
import type { TreeNode } from "./shape/tree.ts";

const WAITS: Record<Ghost["waiting"], string> = {
  gate: "Waits for you",
  next: "Is about to start",
  later: "Comes later",
  paused: "Once the run is resumed",
  skipped: "Will be skipped",
};

/** "Waits for you: confirmation, THRESHOLD". */
export function ghostSaid({ waiting, gate }: Ghost): string {
  if (!gate) return WAITS[waiting];
  const asked = [...(gate.confirmationNeeded ? ["confirmation"] : []), ...gate.missingVariables];
  return asked.length ? `${WAITS.gate}: ${asked.join(", ")}` : WAITS.gate;
}

const ORDER = [
  StageState.RUNNING,
  StageState.PREPARING,
  StageState.ELECTING,
  StageState.QUEUED,
  StageState.SUCCEEDED,
  StageState.FAILED,
  StageState.ABORTED,
  StageState.LOST,
  StageState.SKIPPED,
];

/** "2 running, 20 succeeded, 1 failed". */
export function sweepCounts(states: ReadonlyMap<StageState, number>): string {
  return ORDER.flatMap((state) => {
    const count = states.get(state);
    return count ? [`${count} ${STAGE_MARKS[state].word.toLowerCase()}`] : [];
  }).join(", ");
}

/** What a node does not show, for those who do not see where it stands. */
export function nodeMore(node: TreeNode): string {
  switch (node.kind) {
    case "root":
      return "Workspace and input files";
    case "ghost":
      return "Not started";
    case "stage":
      return [node.stage.reason?.text, node.begins && `begins run ${node.begins.number}`].filter(Boolean).join(", ");
    default:
      return "";
  }
}

/** Above the first node of a run: which one it is, whose, and what was said of it. */
export function runCaption({ number, author, comment }: { number: bigint; author: string; comment: string }): string {
  return [`Run ${number}`, author, comment].filter(Boolean).join(" · ");
}
