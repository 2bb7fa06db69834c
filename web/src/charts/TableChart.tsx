// One table's columns as lines, those of several attempts over each other.
import { ActionIcon, Group, MultiSelect, Select, Skeleton, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { size } from "../parts/words.ts";
import { Plot } from "./Plot.tsx";
import { points } from "./rows.ts";
import classes from "./StageCharts.module.css";
import type { TableSpec } from "./specs.ts";
import { type Head, READ_MAX, readTable } from "./tables.ts";

const COLUMNS = 4;
const ROW = "row";

interface Props {
  spec: TableSpec;
  stages: readonly string[];
  ended: boolean;
  onChange: (spec: TableSpec) => void;
  onRemove: () => void;
}

export function TableChart({ spec, stages, ended, onChange, onRemove }: Props) {
  const read = useQueries({
    queries: stages.map((stage) => ({
      queryKey: ["stage-table", stage, spec.file, spec.x, spec.y.join("\n"), ended],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        readTable(`${stage}/${spec.file}`, (head) => wanted(head, spec).columns, signal),
    })),
  });
  const own = read[0];
  const head = own?.data?.head ?? { columns: [], numbers: [] };
  const { x, y } = wanted(head, spec);
  return (
    <section className={classes.chart} aria-label={spec.file}>
      <Group gap="xs" align="end">
        <Text ff="monospace" size="xs" truncate flex={1} miw={160} title={spec.file}>
          {spec.file}
        </Text>
        <Select
          size="xs"
          w={150}
          aria-label="Drawn over"
          allowDeselect={false}
          data={[{ value: "", label: "the row's number" }, ...head.numbers]}
          value={x}
          onChange={(value) => onChange({ ...spec, x: value || ROW, y })}
        />
        <MultiSelect
          size="xs"
          miw={180}
          maw={420}
          aria-label="Drawn columns"
          data={head.numbers.filter((column) => column !== x)}
          value={y}
          onChange={(columns) => onChange({ ...spec, x: x || ROW, y: columns })}
        />
        <ActionIcon variant="subtle" color="gray" aria-label="Remove this chart" onClick={onRemove}>
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      </Group>
      {own?.error ? <ProblemNote error={own.error} again={() => void own.refetch()} /> : null}
      {own?.isPending ? <Skeleton height={180} aria-label="Reading the table" /> : null}
      {own?.data?.cut ? (
        <Text size="xs">
          The first {size(READ_MAX)} of {size(own.data.size)}
        </Text>
      ) : null}
      <div className={classes.grid}>
        {y.map((column) => (
          <Plot
            key={column}
            title={column}
            unit=""
            over={x || "row"}
            series={stages.flatMap((stage, place) => {
              const rows = read[place]?.data?.rows;
              return rows
                ? [{ label: idOf(stage), points: points(rows, column, x ? { column: x } : { row: true }) }]
                : [];
            })}
          />
        ))}
      </div>
      {own?.data && head.numbers.length === 0 ? <Text size="sm">No column of it has numbers.</Text> : null}
    </section>
  );
}

/** What is drawn of a table: what was chosen, else its first columns of numbers over the first of them. */
function wanted(head: Head, spec: TableSpec): { x: string; y: string[]; columns: string[] } {
  const x =
    spec.x === ROW
      ? ""
      : head.numbers.includes(spec.x)
        ? spec.x
        : head.numbers.length > 1
          ? (head.numbers[0] ?? "")
          : "";
  const chosen = spec.y.filter((column) => head.numbers.includes(column) && column !== x);
  const y = spec.x || chosen.length ? chosen : head.numbers.filter((column) => column !== x).slice(0, COLUMNS);
  return { x, y, columns: x ? [x, ...y] : y };
}
