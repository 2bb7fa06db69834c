// What a plot draws, and how it is brought into the columns that its library wants: sorted, thinned, gaps kept.
export interface Point {
  /** Milliseconds since 1970 where the plot is over time; else any number. */
  x: number;
  /** null breaks the line: nothing is known there. */
  y: number | null;
}

export interface Series {
  label: string;
  points: readonly Point[];
}

export interface PlotProps {
  title: string;
  /** Of the values: "B", "B/s", "%", "cores", or any word; "" for none. */
  unit: string;
  series: readonly Series[];
  /** Whether x is a time. */
  time?: boolean | undefined;
  /** In pixels. */
  height?: number | undefined;
  /** Plots of one group show the same place when one of them is pointed at. */
  group?: string | undefined;
  /** What x is, where it is no time. */
  over?: string | undefined;
}

export interface Range {
  from: number;
  to: number;
}

/** Sorted by x, without points whose x is no number; the same object where it is so already. */
export function sorted(points: readonly Point[]): readonly Point[] {
  const fine = points.every(
    ({ x }, place) => Number.isFinite(x) && (place === 0 || (points[place - 1] as Point).x <= x),
  );
  return fine ? points : points.filter(({ x }) => Number.isFinite(x)).sort((one, other) => one.x - other.x);
}

/** The least and the greatest x of all series; undefined where there are no points. */
export function extent(all: readonly (readonly Point[])[]): Range | undefined {
  const ends = all.flatMap((points) => (points.length ? [(points[0] as Point).x, (points.at(-1) as Point).x] : []));
  return ends.length ? { from: Math.min(...ends), to: Math.max(...ends) } : undefined;
}

/**
 * Of sorted points those in a range, with one beyond each end, thinned to about `most`: of each stretch the first and the last,
 * the least and the greatest, so that no peak is lost, and one gap where it has any.
 */
export function thinned(points: readonly Point[], range: Range, most: number): readonly Point[] {
  const from = Math.max(0, firstFrom(points, range.from) - 1);
  const to = Math.min(points.length, firstFrom(points, range.to, true) + 1);
  const count = to - from;
  if (count <= most) return points.slice(from, to);
  const stretches = Math.max(1, Math.floor(most / 4));
  const kept: Point[] = [];
  for (let stretch = 0; stretch < stretches; stretch++) {
    const start = from + Math.floor((stretch * count) / stretches);
    const end = from + Math.floor(((stretch + 1) * count) / stretches);
    keep(points, start, end, kept);
  }
  return kept;
}

function keep(points: readonly Point[], start: number, end: number, kept: Point[]): void {
  let [least, greatest, gap] = [-1, -1, -1];
  for (let place = start; place < end; place++) {
    const { y } = points[place] as Point;
    if (y === null) gap = place;
    else {
      if (least < 0 || y < ((points[least] as Point).y as number)) least = place;
      if (greatest < 0 || y > ((points[greatest] as Point).y as number)) greatest = place;
    }
  }
  const places = new Set([start, least, greatest, gap, end - 1].filter((place) => place >= 0));
  for (const place of [...places].sort((one, other) => one - other)) kept.push(points[place] as Point);
}

/** The first point at or behind `x`, or only behind it; their number where there is none. */
export function firstFrom(points: readonly Point[], x: number, behind = false): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = (points[middle] as Point).x;
    if (at < x || (behind && at === x)) low = middle + 1;
    else high = middle;
  }
  return low;
}

export type Columns = [number[], ...(number | null | undefined)[][]];

/** One column of x and one for each series: null is a gap, undefined where only others have a point. */
export function columns(all: readonly (readonly Point[])[]): Columns {
  const xs = [...new Set(all.flatMap((points) => points.map(({ x }) => x)))].sort((one, other) => one - other);
  const place = new Map(xs.map((x, index) => [x, index]));
  const ys = all.map((points) => {
    const column: (number | null | undefined)[] = new Array(xs.length).fill(undefined);
    for (const { x, y } of points) column[place.get(x) as number] = y;
    return column;
  });
  return [xs, ...ys];
}

/** What a series says in one sentence, for who does not see it. */
export function summary({ label, points }: Series, say: (value: number) => string): string {
  const known = points.filter(({ y }) => y !== null);
  if (known.length === 0) return `${label}: no values`;
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { y } of known) {
    least = Math.min(least, y as number);
    greatest = Math.max(greatest, y as number);
  }
  const last = known.at(-1)?.y as number;
  return `${label}: ${known.length} values from ${say(least)} to ${say(greatest)}, the last one ${say(last)}`;
}
