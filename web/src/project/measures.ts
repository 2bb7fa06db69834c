// Pixels of the drawn tree: where a place of the layout is, and the lines between places.
import type { Place } from "./shape/layout.ts";

export const NODE = { width: 180, height: 70 };
/** The first has little to say. */
const FIRST = 100;
/** Above each node there is room to say which run begins with it. */
const CAPTION = 17;
const GAP = { column: 32, row: 14 };
const MARGIN = 14;
export const PITCH = { column: NODE.width + GAP.column, row: NODE.height + CAPTION + GAP.row };

export const left = ({ column }: Place) =>
  MARGIN + (column === 0 ? 0 : FIRST + GAP.column + (column - 1) * PITCH.column);
export const nodeWidth = ({ column }: Place) => (column === 0 ? FIRST : NODE.width);
const right = (place: Place) => left(place) + nodeWidth(place);
export const top = ({ row }: Place) => MARGIN + CAPTION + row * PITCH.row;
export const captionTop = (place: Place) => top(place) - CAPTION;
export const widthOf = (columns: number) => right({ column: columns - 1, row: 0 }) + MARGIN;
export const heightOf = (rows: number) => 2 * MARGIN + rows * PITCH.row;

const BEND = 8;

/** From the right side of `from` to the left side of `to`: down in the gap beside `from`, where no node stands. */
export function branchPath(from: Place, to: Place): string {
  const [x, y] = [right(from), top(from) + NODE.height / 2];
  const [endX, endY] = [left(to), top(to) + NODE.height / 2];
  if (from.row === to.row) return `M${x} ${y}H${endX}`;
  const lane = x + GAP.column / 2;
  const down = endY > y ? BEND : -BEND;
  return `M${x} ${y}H${lane - BEND}Q${lane} ${y} ${lane} ${y + down}V${endY - down}Q${lane} ${endY} ${lane + BEND} ${endY}H${endX}`;
}

/** What joins comes as a curve, since it may have to pass anything. */
export function joinPath(from: Place, to: Place): string {
  const [x, y] = [right(from), top(from) + NODE.height / 2];
  const [endX, endY] = [left(to), top(to) + NODE.height / 2 + (from.row > to.row ? 10 : -10)];
  const pull = Math.max(GAP.column, (endX - x) / 2);
  return `M${x} ${y}C${x + pull} ${y} ${endX - pull} ${endY} ${endX} ${endY}`;
}

const STEP = 4;

/** The rows that are in sight, and some around; in steps, so that not every row that is passed is a reason to draw. */
export function rowsInSight(scrolled: number, height: number): { first: number; last: number } {
  const stepped = (row: number) => Math.floor(row / STEP) * STEP;
  const first = stepped(scrolled / PITCH.row) - STEP;
  return { first, last: stepped((scrolled + height) / PITCH.row) + 2 * STEP };
}
