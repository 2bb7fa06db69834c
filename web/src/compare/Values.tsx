// Values that two attempts have differently: variables, results, what else was defined.
import { Table, Text } from "@mantine/core";
import type { CompareStagesResponse_Difference } from "../api/winslow/v1/stage_service_pb.ts";

interface Props {
  title: string;
  differences: readonly CompareStagesResponse_Difference[];
  names: { before: string; after: string };
}

export function Values({ title, differences, names }: Props) {
  if (differences.length === 0) {
    return (
      <Text size="sm">
        {title}: <Text span>the same in both.</Text>
      </Text>
    );
  }
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={4} layout="fixed" aria-label={`${title} that differ`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{title}</Table.Th>
            <Table.Th>{names.before}</Table.Th>
            <Table.Th>{names.after}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {differences.map(({ key, before, after }) => (
            <Table.Tr key={key}>
              <Table.Td style={{ overflowWrap: "anywhere" }}>{key}</Table.Td>
              <Table.Td>
                <Value text={before} />
              </Table.Td>
              <Table.Td>
                <Value text={after} strong />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Value({ text, strong }: { text: string | undefined; strong?: boolean }) {
  if (text === undefined) {
    return (
      <Text size="sm" c="dimmed">
        not set
      </Text>
    );
  }
  return (
    <Text size="sm" ff="monospace" fw={strong ? 600 : 400} style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
      {text === "" ? "(empty)" : text}
    </Text>
  );
}
