// A CSV or TSV file as a table, of a million rows if need be. More of it is read when one comes near the end of what is there.
import { Button, Group, Skeleton, Switch, Text } from "@mantine/core";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ProblemNote } from "../../parts/ProblemNote.tsx";
import { size } from "../../parts/words.ts";
import { Rows, widths } from "./csv.ts";
import type { Shows } from "./Preview.tsx";
import classes from "./preview.module.css";
import { bytesOf } from "./ranges.ts";
import { placed, ROW } from "./tallness.ts";
import { visible } from "./text.ts";

const FIRST = 2 ** 20;
const PIECE = 4 * 2 ** 20;
/** Rows before the end of what is there at which more is asked for. */
const NEAR = 500;
/** The most of a file that a page holds, in bytes. */
const MOST = 512 * 2 ** 20;

export function Cells({ source, height }: Shows) {
  const rows = useRef<Rows>(undefined);
  const [read, setRead] = useState(0);
  const [fault, setFault] = useState<unknown>();
  const [headed, setHeaded] = useState(true);
  const [all, setAll] = useState(false);
  const reading = useRef(false);
  const more = useCallback(
    async (from: number) => {
      if (reading.current) return;
      reading.current = true;
      setFault(undefined);
      try {
        const bytes = await bytesOf(source, from, from + (from ? PIECE : FIRST));
        if (from === 0) rows.current = new Rows(bytes);
        rows.current?.take(bytes, from + bytes.length >= source.size);
        setRead(from + bytes.length);
      } catch (error) {
        setAll(false);
        setFault(error);
      } finally {
        reading.current = false;
      }
    },
    [source],
  );
  const ended = read >= source.size || read >= MOST;
  useEffect(() => {
    if (read === 0 || (all && !ended)) void more(read);
  }, [all, ended, read, more]);
  if (fault !== undefined && !rows.current) return <ProblemNote error={fault} again={() => void more(0)} />;
  if (!rows.current) return <Skeleton height={160} aria-label="Loading the table" />;
  const table = rows.current;
  const count = Math.max(0, table.count - (headed ? 1 : 0));
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Group gap="xs">
          <Text size="xs" role="status">
            {count.toLocaleString()} rows
            {read < source.size ? ` in the first ${size(read)} of ${size(source.size)}` : ""}
          </Text>
          {ended ? null : (
            <Button size="compact-xs" variant="default" loading={all} onClick={() => setAll(true)}>
              Read all of it
            </Button>
          )}
        </Group>
        <Switch
          size="xs"
          label="The first row says what is in the columns"
          checked={headed}
          onChange={(event) => setHeaded(event.currentTarget.checked)}
        />
      </Group>
      {fault === undefined ? null : <ProblemNote error={fault} again={() => void more(read)} />}
      <Table {...{ table, headed, count, height }} near={() => ended || void more(read)} />
    </div>
  );
}

interface TableProps {
  table: Rows;
  headed: boolean;
  count: number;
  height: string;
  near: () => void;
}

function Table({ table, headed, count, height, near }: TableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 400 });
  const look = useCallback(() => {
    const box = scroller.current;
    if (box) setSeen({ top: box.scrollTop, height: box.clientHeight });
  }, []);
  useEffect(() => {
    look();
    window.addEventListener("resize", look);
    return () => window.removeEventListener("resize", look);
  }, [look]);
  const { first, last, offset, tall } = placed(count, seen.top, seen.height - (headed ? ROW : 0));
  useEffect(() => {
    if (last >= count - NEAR) near();
  }, [last, count, near]);
  const sizes = useMemo(() => widths(table), [table, table.count]);
  const template = [`${String(count).length + 3}ch`, ...sizes.map((width) => `${width + 2}ch`)].join(" ");
  const shown = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows that are placed by themselves cannot be those of an HTML table
    <div
      ref={scroller}
      className={classes.cells}
      style={{ maxHeight: height }}
      onScroll={look}
      role="table"
      aria-label="Table"
      aria-rowcount={count + (headed ? 1 : 0)}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keys
      tabIndex={0}
    >
      {headed ? <Row cells={table.row(0)} number="#" index={1} template={template} head /> : null}
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div style={{ height: tall, position: "relative" }} role="rowgroup">
        {shown.map((index) => (
          <Row
            key={index}
            cells={table.row(index + (headed ? 1 : 0))}
            number={String(index + 1)}
            index={index + 1 + (headed ? 1 : 0)}
            template={template}
            top={offset + (index - first) * ROW}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  cells: readonly string[];
  number: string;
  index: number;
  template: string;
  head?: boolean;
  top?: number;
}

function Row({ cells, number, index, template, head = false, top }: RowProps) {
  const place = top === undefined ? {} : { transform: `translateY(${top}px)` };
  return (
    // biome-ignore lint/a11y/useSemanticElements: see above
    // biome-ignore lint/a11y/useFocusableInteractive: the table is what has the focus
    <div
      className={classes.row}
      style={{ gridTemplateColumns: template, ...place }}
      role="row"
      aria-rowindex={index}
      data-head={head || undefined}
    >
      <span role={head ? "columnheader" : "rowheader"}>{number}</span>
      {cells.map((cell, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a column is known by its place
        <span key={column} role={head ? "columnheader" : "cell"} title={cell.length > 8 ? visible(cell) : undefined}>
          {visible(cell)}
        </span>
      ))}
    </div>
  );
}
