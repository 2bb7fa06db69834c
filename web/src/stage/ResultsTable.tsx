// What an attempt found out, beside the same of another: values that its log parsers took from what it wrote.
import { Skeleton, Table, Text } from "@mantine/core";
import { idOf } from "../parts/names.ts";
import { type ResultRow, resultRows, signed } from "./results.ts";
import { useStage } from "./useStage.ts";

interface Props {
  /** `projects/P/stages/S`. */
  stage: string;
  /** The attempt to compare with, `projects/P/stages/S`. */
  before?: string | undefined;
}

export function ResultsTable({ stage, before }: Props) {
  const now = useStage(stage);
  const then = useStage(before ?? "");
  if (now.waiting) return <Skeleton height={60} role="status" aria-label="Loading results" />;
  const rows = resultRows(now.stage?.results ?? {}, then.stage?.results);
  if (rows.length === 0) return <NoResults defined={Boolean(now.stage?.definition?.logParsers.length)} />;
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={4} aria-label="Results">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Result</Table.Th>
            <Table.Th ta="right">Value</Table.Th>
            {then.stage ? (
              <>
                <Table.Th ta="right">{idOf(then.stage.name)}</Table.Th>
                <Table.Th ta="right" visibleFrom="xs">
                  Difference
                </Table.Th>
              </>
            ) : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Row key={row.key} row={row} compared={then.stage !== undefined} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row({ row: { key, value, before, difference }, compared }: { row: ResultRow; compared: boolean }) {
  return (
    <Table.Tr>
      <Table.Td>{key}</Table.Td>
      <Table.Td ta="right" ff="monospace" fw={compared && value !== before ? 600 : 400}>
        {value ?? <Nothing />}
      </Table.Td>
      {compared ? (
        <>
          <Table.Td ta="right" ff="monospace">
            {before ?? <Nothing />}
          </Table.Td>
          <Table.Td ta="right" ff="monospace" visibleFrom="xs">
            {difference === undefined ? (value === before ? "same" : "differs") : signed(difference)}
          </Table.Td>
        </>
      ) : null}
    </Table.Tr>
  );
}

const Nothing = () => (
  <Text span size="sm" ff="text" c="dimmed">
    none
  </Text>
);

function NoResults({ defined }: { defined: boolean }) {
  return (
    <Text size="sm" c="dimmed">
      {defined
        ? "Nothing in its log matched its log parsers so far."
        : "Its definition has no log parsers, so no results are taken from its log."}
    </Text>
  );
}
