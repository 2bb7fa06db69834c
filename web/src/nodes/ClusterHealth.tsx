// How the parts are that the cluster stands on: etcd and its members, the shared file system, engines; what is wrong and what
// to do. The node that served this page says it.
import { Alert, Anchor, Collapse, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type Cluster, Health, type Part } from "../api/winslow/v1/cluster_pb.ts";
import { useLive, useTable } from "../live/Live.tsx";
import { useStirred } from "../live/useStirred.ts";
import { idOf } from "../parts/names.ts";
import { size } from "../parts/words.ts";
import { useServices } from "../rpc/Rpc.tsx";

const KEY = ["cluster"];

/** Asked again when a node changes or the stream does: what ails a part is told by its nodes. */
export function useCluster(): Cluster | undefined {
  const { cluster } = useServices();
  const asked = useQueryClient();
  const again = () => void asked.invalidateQueries({ queryKey: KEY });
  useStirred(useTable("node"), again, 2_000);
  useStirred(
    useLive((picture) => picture.connection),
    again,
    200,
  );
  return useQuery({ queryKey: KEY, queryFn: ({ signal }) => cluster.getCluster({}, { signal }) }).data;
}

const LOOKS: Record<Health, { word: string; colour: string; shape: typeof IconCircleCheck }> = {
  [Health.UNSPECIFIED]: { word: "unknown", colour: "dimmed", shape: IconAlertTriangle },
  [Health.OK]: { word: "well", colour: "green", shape: IconCircleCheck },
  [Health.DEGRADED]: { word: "somebody should look", colour: "orange", shape: IconAlertTriangle },
  [Health.DOWN]: { word: "down", colour: "red", shape: IconCircleX },
};
const CALLED: Record<string, string> = { storage: "Shared file system", etcd: "etcd", fencing: "Fencing" };

export function ClusterHealth({ cluster }: { cluster: Cluster }) {
  const [open, { toggle }] = useDisclosure();
  const unwell = cluster.parts.filter((part) => part.health !== Health.OK);
  const well = cluster.parts.filter((part) => part.health === Health.OK);
  return (
    <Stack gap="xs">
      {unwell.map((part) => (
        <Alert
          key={part.name}
          p="xs"
          variant="light"
          color={LOOKS[part.health].colour}
          icon={<IconAlertTriangle size={18} aria-hidden />}
          title={`${called(part)}: ${LOOKS[part.health].word}`}
        >
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {part.text}
          </Text>
        </Alert>
      ))}
      <Group gap="4px var(--mantine-spacing-lg)">
        {well.slice(0, SHOWN).map((part) => (
          <PartLine key={part.name} part={part} />
        ))}
        <Text size="sm">
          Seen by {idOf(cluster.answeredBy)}, version {cluster.version}
          {cluster.leader ? `; ${idOf(cluster.leader)} leads` : "; nobody leads"}
        </Text>
        {well.length > SHOWN ? (
          <Anchor component="button" type="button" size="sm" onClick={toggle} aria-expanded={open}>
            {open ? "Fewer parts" : `${well.length - SHOWN} more parts`}
          </Anchor>
        ) : null}
      </Group>
      <Collapse expanded={open}>
        <Group gap="lg">
          {well.slice(SHOWN).map((part) => (
            <PartLine key={part.name} part={part} />
          ))}
        </Group>
      </Collapse>
    </Stack>
  );
}

const SHOWN = 4;

function PartLine({ part }: { part: Part }) {
  const { word, colour, shape: Shape } = LOOKS[part.health];
  return (
    <Group gap={6} wrap="nowrap">
      <Text c={colour} component="span" lh={0}>
        <Shape size={16} aria-hidden />
      </Text>
      <Text size="sm">
        {called(part)}: {part.text || word}
      </Text>
    </Group>
  );
}

/** "1.2 TiB free of 4.0 TiB"; "" where nobody knows. */
export function room({ storageSize, storageFree }: Cluster): string {
  return storageSize > 0n ? `${size(storageFree)} free of ${size(storageSize)}` : "";
}

const called = (part: Part) => CALLED[part.name] ?? part.name;
