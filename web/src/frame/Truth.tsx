// Whether what is seen is live; said in words, so that nobody takes an old page for the truth.
import { Group, Text } from "@mantine/core";
import { IconPlugConnected, IconPlugConnectedX, IconPointFilled } from "@tabler/icons-react";
import type { Connection } from "../live/feed.ts";

const SAID = {
  connecting: { word: "Connecting", colour: "dimmed", shape: IconPlugConnected },
  live: { word: "Live", colour: "teal", shape: IconPointFilled },
  stale: {
    word: "This node has lost the cluster: what you see may be old",
    colour: "orange",
    shape: IconPlugConnectedX,
  },
  lost: { word: "No connection: what you see may be old", colour: "red", shape: IconPlugConnectedX },
} satisfies Record<Connection, unknown>;

export function Truth({ connection }: { connection: Connection }) {
  const { word, colour, shape: Shape } = SAID[connection];
  return (
    <Group gap={6} wrap="nowrap" role="status">
      <Text c={colour} component="span" lh={0}>
        <Shape size={16} aria-hidden />
      </Text>
      <Text size="sm" component="span">
        {word}
      </Text>
    </Group>
  );
}
