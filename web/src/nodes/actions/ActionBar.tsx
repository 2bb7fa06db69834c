// What can be decided about the nodes that are selected.
import { Button, Group, Paper, Text } from "@mantine/core";
import { useState } from "react";
import { type Node, NodeState } from "../../api/winslow/v1/node_pb.ts";
import { type Asked, NodeDialog } from "./NodeDialog.tsx";
import { useNodeActs } from "./useNodeActs.ts";

export function ActionBar({ nodes, done }: { nodes: readonly Node[]; done: () => void }) {
  return (
    <Paper withBorder p="xs" role="toolbar" aria-label="What to do with the selected nodes">
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {nodes.length === 1 ? "1 node" : `${nodes.length} nodes`} selected
        </Text>
        <NodeButtons nodes={nodes} done={done} />
        <Button size="compact-sm" variant="subtle" onClick={done}>
          Select none
        </Button>
      </Group>
    </Paper>
  );
}

/** The buttons that make sense for nodes as they are. */
export function NodeButtons({ nodes, done }: { nodes: readonly Node[]; done?: () => void }) {
  const [asked, setAsked] = useState<Asked>();
  const { busy, decide } = useNodeActs();
  const cordoned = nodes.filter((node) => node.policy?.cordoned);
  const away = nodes.every((node) => node.state !== NodeState.READY);
  const uncordon = async () => {
    if (await decide(cordoned, { kind: "uncordon" })) done?.();
  };
  return (
    <>
      {cordoned.length < nodes.length ? (
        <Button size="compact-sm" variant="default" onClick={() => setAsked("cordon")}>
          Cordon
        </Button>
      ) : null}
      {cordoned.length ? (
        <Button size="compact-sm" variant="default" loading={busy} onClick={() => void uncordon()}>
          Uncordon
        </Button>
      ) : null}
      <Button size="compact-sm" variant="default" onClick={() => setAsked("drain")}>
        Drain
      </Button>
      <Button size="compact-sm" variant="default" onClick={() => setAsked("limit")}>
        Limit
      </Button>
      {away ? (
        <Button size="compact-sm" variant="default" c="red" onClick={() => setAsked("remove")}>
          Remove
        </Button>
      ) : null}
      <NodeDialog nodes={nodes} asked={asked} onClose={() => setAsked(undefined)} onDone={done} />
    </>
  );
}
