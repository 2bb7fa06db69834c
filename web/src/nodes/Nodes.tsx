// The nodes: who is there, what runs on each, and what is wrong.
import { Badge, Group, Stack, Table, Text, Title } from "@mantine/core";
import { type Node, NodeState } from "../api/winslow/v1/node_pb.ts";
import { useTable } from "../live/Live.tsx";
import { size } from "../parts/words.ts";

const STATE: Record<NodeState, [string, string]> = {
  [NodeState.UNSPECIFIED]: ["unknown", "gray"],
  [NodeState.READY]: ["ready", "teal"],
  [NodeState.SUSPECT]: ["silent", "orange"],
  [NodeState.LOST]: ["lost", "red"],
};

export function Nodes() {
  const nodes = useTable("node");
  const shown = [...nodes.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  return (
    <Stack gap="md">
      <Title order={2}>Nodes</Title>
      <Table.ScrollContainer minWidth={640}>
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Node</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Free of its cores</Table.Th>
              <Table.Th>Free of its memory</Table.Th>
              <Table.Th>GPUs</Table.Th>
              <Table.Th>Stages</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((node) => (
              <Row key={node.name} node={node} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

function Row({ node }: { node: Node }) {
  const [word, colour] = STATE[node.state];
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap={6}>
          <Text size="sm">{node.name.replace("nodes/", "")}</Text>
          {node.leader ? <Badge size="sm">leads</Badge> : null}
          {node.policy?.cordoned ? (
            <Badge size="sm" color="gray">
              cordoned
            </Badge>
          ) : null}
        </Group>
        {node.warnings.map((warning) => (
          <Text key={warning} size="xs" c="red">
            {warning}
          </Text>
        ))}
      </Table.Td>
      <Table.Td>
        <Badge variant="light" color={colour} tt="none">
          {word}
        </Badge>
      </Table.Td>
      <Table.Td>{node.capacity ? `${node.free?.cpus ?? 0} of ${node.capacity.cpus}` : ""}</Table.Td>
      <Table.Td>{node.capacity ? `${size(node.free?.memory ?? 0n)} of ${size(node.capacity.memory)}` : ""}</Table.Td>
      <Table.Td>{node.capacity?.gpus.length ?? 0}</Table.Td>
      <Table.Td>{node.stages.length}</Table.Td>
    </Table.Tr>
  );
}
