// The points of a sweep in a table that sorts by anything, with the highest and the lowest of each result marked.
import { Group, Text } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useMemo } from "react";
import type { Sweep } from "../api/winslow/v1/sweep_pb.ts";
import { StageMark } from "../parts/StateMark.tsx";
import { type Column, VirtualTable } from "../parts/VirtualTable.tsx";
import { duration } from "../parts/words.ts";
import {
  type Extremes,
  extremesOf,
  numberOf,
  type Order,
  orderOf,
  orderText,
  type PointRow,
  resultsOf,
  sorted,
} from "./rows.ts";

interface Props {
  sweep: Sweep;
  rows: readonly PointRow[];
  order: string | undefined;
  onOrder: (order: string) => void;
  onOpen: (row: PointRow) => void;
}

/** Results that a table has room for. */
const SHOWN = 8;

export function PointTable({ sweep, rows, order: text, onOrder, onOpen }: Props) {
  const order = orderOf(text);
  const items = useMemo(() => sorted(rows, orderOf(text)), [rows, text]);
  const results = useMemo(() => resultsOf(rows).slice(0, SHOWN), [rows]);
  const first = results.find((name) => order.key === `result.${name}`) ?? results[0];
  const extremes = useMemo(() => extremesOf(rows, results), [rows, results]);
  const column = (
    key: string,
    header: string,
    width: string,
    from: number,
    cell: Column<PointRow>["cell"],
  ): Column<PointRow> => ({
    key,
    header,
    width,
    from,
    cell,
    sort: { direction: directionOf(order, key), toggle: () => onOrder(orderText(turned(order, key))) },
  });
  const columns = [
    column("point", "Point", "64px", 420, ({ number }) => <Text size="sm">{number}</Text>),
    ...sweep.axes.map(({ variable }, index) =>
      column(`value.${variable}`, variable, "minmax(3.5rem, 1fr)", index < 2 ? 0 : 480 + 80 * index, ({ values }) => (
        <Text size="sm" ff="monospace" truncate>
          {values[variable] || "(empty)"}
        </Text>
      )),
    ),
    column("state", "State", "minmax(110px, 150px)", 0, (row) => (
      <State row={row} stopped={sweep.stopped !== undefined} />
    )),
    column("took", "Took", "80px", 620, ({ seconds }) => (
      <Text size="sm">{seconds === undefined ? "" : duration(seconds)}</Text>
    )),
    // On a phone only the one that it is sorted by, or the first.
    ...results.map((name, index) =>
      column(`result.${name}`, name, "minmax(4rem, 1fr)", name === first ? 0 : 560 + 100 * index, ({ stage }) => (
        <Result value={stage?.results[name]} extremes={extremes.get(name)} />
      )),
    ),
  ];
  return (
    <VirtualTable
      label="Points"
      items={items}
      columns={columns}
      keyOf={({ run }) => run}
      onOpen={onOpen}
      rowHeight={34}
      height="min(640px, 70dvh)"
    />
  );
}

function State({ row, stopped }: { row: PointRow; stopped: boolean }) {
  if (row.stage) return <StageMark state={row.stage.state} />;
  return (
    <Text size="sm" c="dimmed">
      {row.begins ? "about to start" : row.made ? "" : stopped ? "never made" : "to be made"}
    </Text>
  );
}

function Result({ value, extremes }: { value: string | undefined; extremes: Extremes | undefined }) {
  const number = numberOf(value);
  const mark =
    extremes && number !== undefined
      ? number === extremes.high
        ? "highest"
        : number === extremes.low
          ? "lowest"
          : ""
      : "";
  const Sign = mark === "highest" ? IconArrowUp : IconArrowDown;
  return (
    <Group gap={4} wrap="nowrap" title={mark && `The ${mark} of all points`}>
      <Text size="sm" ff="monospace" truncate fw={mark ? 700 : 400}>
        {value ?? ""}
      </Text>
      {mark ? <Sign size={14} role="img" aria-label={mark} /> : null}
    </Group>
  );
}

function directionOf(order: Order, key: string) {
  if (order.key !== key) return undefined;
  return order.down ? ("descending" as const) : ("ascending" as const);
}

const turned = (order: Order, key: string): Order => ({ key, down: order.key === key && !order.down });
