// Which node answers, and how the parts are that the cluster stands on.
import { Group, Loader, Modal, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconX } from "@tabler/icons-react";
import { Health, type Part } from "../api/winslow/v1/cluster_pb.ts";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useCluster } from "./useCluster.ts";

export function ClusterCard({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="The cluster">
      <About />
    </Modal>
  );
}

function About() {
  const { cluster, error, again } = useCluster({ fresh: true });
  if (error) return <ProblemNote error={error} again={again} />;
  if (!cluster) return <Loader size="sm" aria-label="The node is being asked" />;
  return (
    <Stack gap={6}>
      <Text size="sm">
        Node <b>{idOf(cluster.answeredBy)}</b> answers, Winslow {cluster.version}, cluster {cluster.id}.{" "}
        {cluster.leader ? `${idOf(cluster.leader)} leads.` : "Nobody leads now."}
      </Text>
      {cluster.parts.map((part) => (
        <PartLine key={part.name} part={part} />
      ))}
    </Stack>
  );
}

const HEALTH = {
  [Health.UNSPECIFIED]: { word: "unknown", colour: "dimmed", shape: IconAlertTriangle },
  [Health.OK]: { word: "well", colour: "green", shape: IconCircleCheck },
  [Health.DEGRADED]: { word: "somebody should look", colour: "orange", shape: IconAlertTriangle },
  [Health.DOWN]: { word: "down", colour: "red", shape: IconX },
};

function PartLine({ part }: { part: Part }) {
  const { word, colour, shape: Shape } = HEALTH[part.health];
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Text c={colour} component="span" lh={0} mt={3}>
        <Shape size={16} aria-hidden />
      </Text>
      <div>
        <Text size="sm" span>
          {part.name}: {word}
        </Text>
        {part.text ? (
          <Text size="xs" c="dimmed">
            {part.text}
          </Text>
        ) : null}
      </div>
    </Group>
  );
}
