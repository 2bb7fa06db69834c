// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by themselves cannot be those of an HTML table
// biome-ignore-all lint/a11y/useFocusableInteractive: a row has the focus, as in a list; its cells have none of their own
// One row of a long table. It is drawn anew only when what it shows has changed: a change elsewhere costs it nothing.
import { type CSSProperties, type FocusEvent, type KeyboardEvent, type MouseEvent, memo, type ReactNode } from "react";
import classes from "./VirtualTable.module.css";

export interface RowColumn<Item> {
  key: string;
  cell: (item: Item) => ReactNode;
}

/** What rows tell of; the same object for the life of the table. */
export interface RowHands {
  focused: (index: number) => void;
  pressed: (event: KeyboardEvent<HTMLDivElement>, index: number) => void;
  clicked: (event: MouseEvent<HTMLElement>, index: number) => void;
  picked: (index: number, extend: boolean) => void;
}

interface Props<Item> {
  item: Item;
  index: number;
  start: number;
  height: number;
  template: string;
  columns: readonly RowColumn<Item>[];
  banner: ((item: Item) => ReactNode) | undefined;
  name: string | undefined;
  /** Undefined where it cannot be selected. */
  selected: boolean | undefined;
  selects: boolean;
  opens: boolean;
  reachable: boolean;
  faded: boolean;
  hands: RowHands;
}

function Row<Item>(props: Props<Item>) {
  const { item, index, start, height, template, hands, selected } = props;
  const banner = props.banner?.(item);
  const style: CSSProperties = { height, transform: `translateY(${start}px)` };
  if (!banner) style.gridTemplateColumns = template;
  return (
    <div
      role="row"
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={props.reachable ? 0 : -1}
      className={banner ? classes.banner : classes.row}
      data-opens={props.opens || undefined}
      data-faded={props.faded || undefined}
      style={style}
      onFocus={(event: FocusEvent) => event.target === event.currentTarget && hands.focused(index)}
      onKeyDown={(event) => hands.pressed(event, index)}
      onClick={(event) => hands.clicked(event, index)}
    >
      {banner ? (
        <div role="gridcell" className={classes.cell}>
          {banner}
        </div>
      ) : (
        <>
          {props.selects ? (
            <div role="gridcell">
              {selected === undefined ? null : (
                <input
                  type="checkbox"
                  className={classes.tick}
                  aria-label={props.name ? `Select ${props.name}` : "Select"}
                  tabIndex={-1}
                  checked={selected}
                  onChange={(event) => hands.picked(index, (event.nativeEvent as unknown as PointerEvent).shiftKey)}
                />
              )}
            </div>
          ) : null}
          {props.columns.map((column) => (
            <div key={column.key} role="gridcell" className={classes.cell}>
              {column.cell(item)}
            </div>
          ))}
        </>
      )}
    </div>
  );
}

export const TableRow = memo(Row) as typeof Row;
