// A plot's values as a table, for who does not see lines or wants numbers: as many rows as anybody reads.
import { ScrollArea, Table, Text } from "@mantine/core";
import { useState } from "react";
import classes from "./Plot.module.css";
import { columns, extent, type PlotProps, sorted, thinned } from "./series.ts";
import { placed, valued } from "./units.ts";

const ROWS = 200;

export function AsTable(props: Pick<PlotProps, "title" | "series" | "time" | "unit" | "over">) {
  const [opened, open] = useState(false);
  return (
    <details className={classes.table} onToggle={(event) => open(event.currentTarget.open)}>
      <summary>As a table</summary>
      {opened ? <Rows {...props} /> : null}
    </details>
  );
}

function Rows({
  title,
  series,
  time = false,
  unit,
  over,
}: Pick<PlotProps, "title" | "series" | "time" | "unit" | "over">) {
  const points = series.map((one) => sorted(one.points));
  const range = extent(points);
  const data = columns(range ? points.map((one) => thinned(one, range, ROWS)) : points);
  const rows = data[0].slice(0, 2 * ROWS);
  return (
    <ScrollArea.Autosize mah={260}>
      <Table fz="xs" striped captionSide="top" aria-label={title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{time ? "Time" : (over ?? "x")}</Table.Th>
            {series.map((one) => (
              <Table.Th key={one.label}>{one.label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((x, row) => (
            <Table.Tr key={x}>
              <Table.Td>{placed(x, time)}</Table.Td>
              {series.map((one, index) => (
                <Table.Td key={one.label}>{valued(data[index + 1]?.[row] as number, unit)}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {series.some((one) => one.points.length > ROWS) ? (
        <Text size="xs" p={4}>
          Of many values the least and the greatest of each stretch
        </Text>
      ) : null}
    </ScrollArea.Autosize>
  );
}
