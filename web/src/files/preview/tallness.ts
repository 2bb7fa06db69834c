// Where rows are in a scrolled box, however many they are: browsers draw no box that is taller than some millions of pixels, so a
// taller one is scrolled in larger steps. Pure.

/** Pixels of a row. */
export const ROW = 26;
/** Pixels of the tallest box that all browsers draw. */
const TALLEST = 8_000_000;
const BEYOND = 10;

export interface Placed {
  /** Rows that are drawn: `first` up to and without `last`. */
  first: number;
  last: number;
  /** Where `first` is drawn, in pixels from the top of the box. */
  offset: number;
  /** How tall the box is. */
  tall: number;
}

/** For `count` rows in a box whose first seen pixel is `top`, `height` of which are seen. */
export function placed(count: number, top: number, height: number): Placed {
  const whole = count * ROW;
  const tall = Math.min(whole, TALLEST);
  const reach = Math.max(1, tall - height);
  // What is seen first, in pixels of a box that has all rows.
  const from = whole <= TALLEST ? top : (Math.min(top, reach) / reach) * (whole - height);
  const first = Math.max(0, Math.floor(from / ROW) - BEYOND);
  const last = Math.min(count, Math.ceil((from + height) / ROW) + BEYOND);
  return { first, last, offset: first * ROW - from + top, tall };
}
