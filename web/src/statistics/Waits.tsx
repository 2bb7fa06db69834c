// What stages were waiting for before they ran, and for how long.
import { Table, Text } from "@mantine/core";
import type { GetStatisticsResponse_Wait } from "../api/winslow/v1/statistics_service_pb.ts";
import { duration } from "../parts/words.ts";
import { secondsOf, waitWords } from "./figures.ts";

export function Waits({ waits }: { waits: readonly GetStatisticsResponse_Wait[] }) {
  if (waits.length === 0) return <Text size="sm">Nothing had to wait.</Text>;
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>What for</Table.Th>
            <Table.Th>In all</Table.Th>
            <Table.Th visibleFrom="xs">Each, on average</Table.Th>
            <Table.Th>The longest</Table.Th>
            <Table.Th>How often</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {waits.map(({ code, stages, total, longest }) => (
            <Table.Tr key={code}>
              <Table.Td title={code}>{waitWords(code)}</Table.Td>
              <Table.Td>{duration(secondsOf(total))}</Table.Td>
              <Table.Td visibleFrom="xs">{duration(secondsOf(total) / Math.max(1, Number(stages)))}</Table.Td>
              <Table.Td>{duration(secondsOf(longest))}</Table.Td>
              <Table.Td>{stages.toLocaleString()}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
