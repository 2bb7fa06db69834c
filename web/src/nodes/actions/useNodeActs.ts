// What an operator decides about nodes, one or many: each is asked for by itself, and what fails is told with its node.
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { Node } from "../../api/winslow/v1/node_pb.ts";
import { idOf } from "../../parts/names.ts";
import { useServices } from "../../rpc/Rpc.tsx";
import { useAct } from "../../rpc/useAct.ts";

export type NodeAct =
  | { kind: "cordon"; reason: string }
  | { kind: "uncordon" }
  | { kind: "drain"; seconds: number; reason: string }
  | { kind: "limit"; most: number }
  | { kind: "remove"; giveUp: boolean };

export const WORDS: Record<NodeAct["kind"], string> = {
  cordon: "Cordon",
  uncordon: "Uncordon",
  drain: "Drain",
  limit: "Limit",
  remove: "Remove",
};

export function useNodeActs() {
  const { nodes: service } = useServices();
  const { busy, act } = useAct();
  const one = (node: Node, wanted: NodeAct, requestId: string): Promise<unknown> => {
    const to = { requestId, name: node.name };
    const expectedRevision = node.policy?.revision ?? 0n;
    switch (wanted.kind) {
      case "cordon":
        return service.cordonNode({ ...to, reason: wanted.reason, expectedRevision });
      case "uncordon":
        return service.uncordonNode({ ...to, expectedRevision });
      case "drain":
        return service.drainNode({
          ...to,
          within: durationFromMs(1000 * wanted.seconds),
          reason: wanted.reason,
          expectedRevision,
        });
      case "limit":
        return service.limitNode({ ...to, maxStages: wanted.most, expectedRevision });
      case "remove":
        return service.removeNode({ ...to, giveUp: wanted.giveUp });
    }
  };
  /** Whether all of it was done. */
  const decide = async (nodes: readonly Node[], wanted: NodeAct): Promise<boolean> => {
    let all = true;
    for (const node of nodes) {
      const done = await act(`${WORDS[wanted.kind]} ${idOf(node.name)}`, (requestId) => one(node, wanted, requestId));
      all &&= done !== undefined;
    }
    return all;
  };
  return { busy, decide };
}
