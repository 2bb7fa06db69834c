// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by themselves cannot be those of an HTML table
// biome-ignore-all lint/a11y/useFocusableInteractive: a row has the focus, as in a list; its cells have none of their own
// A table of as many rows as there are, of which only those in sight are in the page. Used by mouse and by keyboard, and told to
// screen readers with the true number of rows.
//
// Keys: arrows, Page up and down, Home, End; Enter opens, Space selects, Shift extends, Ctrl-A selects all, Escape none; the right
// arrow goes into the row, to its links and buttons, whose tabIndex is -1. The focus stays on what it was on when rows change.
import { Box, Checkbox } from "@mantine/core";
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type RowColumn, TableRow } from "./TableRow.tsx";
import { useTableHands } from "./useTableHands.ts";
import classes from "./VirtualTable.module.css";

/** Keep columns the same objects where nothing about them changed: rows are drawn anew with them. */
export interface Column<Item> extends RowColumn<Item> {
  header: ReactNode;
  /** As in CSS grids: "2fr", "120px", "minmax(12rem, 2fr)". */
  width: string;
  /** Left out where the table is narrower than so many pixels. */
  from?: number;
  sort?: { direction: "ascending" | "descending" | undefined; toggle: () => void };
}

export interface Selection {
  selected: ReadonlySet<string>;
  select: (keys: ReadonlySet<string>) => void;
}

interface Props<Item> {
  label: string;
  items: readonly Item[];
  columns: readonly Column<Item>[];
  /** Of each row, another for each. */
  keyOf: (item: Item) => string;
  onOpen?: (item: Item) => void;
  selection?: Selection;
  /** What is selected with a row, where that is not its key; undefined for rows that cannot be. */
  selects?: (item: Item) => string | undefined;
  /** What a row is called, for those who cannot see it. */
  nameOf?: (item: Item) => string;
  /** What a row that is a heading shows, over all columns; nothing for others. */
  banner?: (item: Item) => ReactNode;
  /** Rows that are about to go are shown fainter. */
  faded?: (item: Item) => boolean;
  /** Told when somebody begins to point at rows with the mouse, and ends: rows should not jump meanwhile. */
  onHold?: (held: boolean) => void;
  /** Told when the last rows come near, and again when there are more of them: for lists that come page by page. */
  onEnd?: () => void;
  /** When this becomes another, the table begins at its top: what it shows was asked for anew. */
  asked?: unknown;
  rowHeight?: number;
  /** CSS; the table scrolls by itself. */
  height?: string;
  /** Without the line of headers, as for cards. */
  headless?: boolean;
}

/** Rows before the last that are near it. */
const NEAR = 100;

/** Pixels of a heading's row. */
const BANNER = 36;

export function VirtualTable<Item>(props: Props<Item>) {
  const { label, items, keyOf, selection, rowHeight = 44, height = "calc(100dvh - 180px)" } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const all = props.columns;
  const columns = useFitting(all, width);
  const template = [...(selection ? ["28px"] : []), ...columns.map((column) => column.width)].join(" ");
  const { focused, hands, inside, scroll } = useTableHands({ ...props, scroller, rowHeight });
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (props.banner?.(items[index] as Item) ? BANNER : rowHeight),
    overscan: 4,
    // Until it is known how much of it is seen, also for a table that is drawn before it is: no more than the window has.
    initialRect: { width: 0, height: window.innerHeight },
    getItemKey: useCallback((index: number) => keyOf(items[index] as Item), [items, keyOf]),
    // What has the focus stays in the page when it is scrolled out of sight: else the browser would forget where one was.
    rangeExtractor: useCallback((range: Range) => withFocused(range, focused), [focused]),
  });
  scroll.current = (index) => rows.scrollToIndex(index);
  // Rows of another height, as in a narrower window, are placed anew.
  const placed = useRef(rowHeight);
  useLayoutEffect(() => {
    if (placed.current !== rowHeight) rows.measure();
    placed.current = rowHeight;
  }, [rows, rowHeight]);
  const selectKey = props.selects ?? keyOf;
  const last = useRef(props.asked);
  useEffect(() => {
    if (last.current !== props.asked) scroller.current?.scrollTo({ top: 0 });
    last.current = props.asked;
  }, [props.asked]);
  const held = useHold(props.onHold);
  const { onEnd } = props;
  const drawn = rows.getVirtualItems().at(-1)?.index ?? -1;
  const nearEnd = drawn >= items.length - 1 - NEAR;
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each row more it may be near again
  useEffect(() => {
    if (nearEnd) onEnd?.();
  }, [nearEnd, items.length, onEnd]);
  return (
    <Box
      ref={scroller}
      className={classes.scroller}
      style={{ maxHeight: height }}
      role="grid"
      aria-label={label}
      aria-rowcount={items.length + 1}
      aria-multiselectable={selection ? true : undefined}
      tabIndex={items.length ? undefined : 0}
    >
      <Box
        className={classes.head}
        role="row"
        aria-rowindex={1}
        style={{ gridTemplateColumns: template }}
        data-headless={props.headless || undefined}
      >
        {selection ? <SelectAll {...{ items, selectKey, selection }} /> : null}
        {columns.map(({ key, header, sort }) => (
          <div key={key} role="columnheader" aria-sort={sort ? (sort.direction ?? "none") : undefined}>
            {sort ? (
              <button type="button" className={classes.sort} onClick={sort.toggle}>
                {header}
                {sort.direction ? <span aria-hidden>{sort.direction === "ascending" ? " ↑" : " ↓"}</span> : null}
              </button>
            ) : (
              header
            )}
          </div>
        ))}
      </Box>
      <div style={{ height: rows.getTotalSize(), position: "relative" }} role="rowgroup" {...held} {...inside}>
        {rows.getVirtualItems().map(({ index, key, start, size }) => {
          const item = items[index] as Item;
          const picks = selection ? selectKey(item) : undefined;
          return (
            <TableRow<Item>
              key={key}
              {...{ item, index, start, template, columns, hands }}
              height={size}
              banner={props.banner}
              name={props.nameOf?.(item)}
              selected={picks === undefined ? undefined : selection?.selected.has(picks)}
              selects={selection !== undefined}
              opens={props.onOpen !== undefined}
              reachable={index === focused}
              faded={props.faded?.(item) ?? false}
            />
          );
        })}
      </div>
    </Box>
  );
}

interface SelectAllProps<Item> {
  items: readonly Item[];
  selectKey: (item: Item) => string | undefined;
  selection: Selection;
}

function SelectAll<Item>({ items, selectKey, selection }: SelectAllProps<Item>) {
  const { selected } = selection;
  // Looked at only where something is selected: a list may be long, and is drawn with each step of scrolling.
  const [some, all] = useMemo(() => {
    if (!selected.size) return [false, false];
    let [count, most] = [0, 0];
    for (const item of items) {
      const key = selectKey(item);
      if (key === undefined) continue;
      most++;
      if (selected.has(key)) count++;
    }
    return [count > 0, count > 0 && count === most];
  }, [items, selectKey, selected]);
  const keys = () => new Set(items.map(selectKey).filter((key) => key !== undefined));
  return (
    <div role="columnheader" aria-label="Selection">
      <Checkbox
        size="xs"
        aria-label="Select all"
        checked={all}
        indeterminate={some && !all}
        onChange={(event) => selection.select(event.currentTarget.checked ? keys() : new Set())}
      />
    </div>
  );
}

function withFocused(range: Range, focused: number): number[] {
  const seen = defaultRangeExtractor(range);
  if (focused < 0 || focused >= range.count || seen.includes(focused)) return seen;
  return focused < (seen[0] ?? 0) ? [focused, ...seen] : [...seen, focused];
}

/** Milliseconds after its last move for which a mouse on the rows is taken for somebody about to click. */
const POINTS = 10_000;

/** Tells when somebody points at the rows. */
function useHold(onHold: ((held: boolean) => void) | undefined) {
  return useMemo(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let held = false;
    const set = (next: boolean) => {
      clearTimeout(timer);
      if (next) timer = setTimeout(set, POINTS, false);
      if (next !== held) onHold?.(next);
      held = next;
    };
    return { onPointerMove: () => set(true), onPointerLeave: () => set(false) };
  }, [onHold]);
}

/** Of these columns those that there is room for; the same ones as long as they are. */
function useFitting<Item>(all: readonly Column<Item>[], width: number): readonly Column<Item>[] {
  const fitting = all.filter(({ from }) => !from || width === 0 || width >= from);
  // biome-ignore lint/correctness/useExhaustiveDependencies: their number tells which they are: more room leaves none out
  return useMemo(() => fitting, [all, fitting.length]);
}

/** Pixels; known before anything is painted. */
function useWidth(of: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!of.current) return;
    setWidth(of.current.clientWidth);
    const watcher = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    watcher.observe(of.current);
    return () => watcher.disconnect();
  }, [of]);
  return width;
}
