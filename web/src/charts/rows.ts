// Numbers that were found in a log or a table: rows with a time and a value in each column, bounded however many were found.
export interface Rows {
  /** Milliseconds since 1970; NaN where rows have no time. */
  times: number[];
  /** NaN where a row has no value. */
  columns: Map<string, number[]>;
}

/** Rows that are kept; a plot is some thousand pixels wide. */
export const MOST = 40_000;

export const noRows = (): Rows => ({ times: [], columns: new Map() });

/** `rows` with those that were found behind them; a new object. */
export function added(rows: Rows, times: readonly number[], columns: ReadonlyMap<string, readonly number[]>): Rows {
  const before = rows.times.length;
  const names = new Set([...rows.columns.keys(), ...columns.keys()]);
  const joined = new Map<string, number[]>();
  for (const name of names) {
    const old = rows.columns.get(name) ?? new Array<number>(before).fill(Number.NaN);
    const fresh = columns.get(name) ?? new Array<number>(times.length).fill(Number.NaN);
    joined.set(name, [...old, ...fresh]);
  }
  return bounded({ times: [...rows.times, ...times], columns: joined });
}

/** At most about `most` rows: of each stretch those with the least and the greatest values, the first and the last. */
export function bounded(rows: Rows, most = MOST): Rows {
  const count = rows.times.length;
  if (count <= most) return rows;
  const columns = [...rows.columns.values()];
  const stretches = Math.max(1, Math.floor(most / 2 / (2 * columns.length + 1)));
  const kept = new Set([0, count - 1]);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const start = Math.floor((stretch * count) / stretches);
    const end = Math.floor(((stretch + 1) * count) / stretches);
    for (const column of columns) for (const row of ends(column, start, end)) kept.add(row);
  }
  const order = [...kept].sort((one, other) => one - other);
  const of = (values: readonly number[]) => order.map((row) => values[row] as number);
  return { times: of(rows.times), columns: new Map([...rows.columns].map(([name, values]) => [name, of(values)])) };
}

function ends(column: readonly number[], start: number, end: number): number[] {
  let [least, greatest] = [-1, -1];
  for (let row = start; row < end; row++) {
    const value = column[row] as number;
    if (Number.isNaN(value)) continue;
    if (least < 0 || value < (column[least] as number)) least = row;
    if (greatest < 0 || value > (column[greatest] as number)) greatest = row;
  }
  return least < 0 ? [] : [least, greatest];
}

/** What a row is drawn over: its time, the seconds since `began` (milliseconds), or a column. */
export type Over = { time: true } | { since: number } | { column: string } | { row: true };

/** A column as points; rows that lack either are left out, since most patterns find one thing at a time. */
export function points(rows: Rows, column: string, over: Over): { x: number; y: number }[] {
  const values = rows.columns.get(column) ?? [];
  const xs = "column" in over ? (rows.columns.get(over.column) ?? []) : rows.times;
  const found: { x: number; y: number }[] = [];
  for (let row = 0; row < values.length; row++) {
    const y = values[row] as number;
    const at = "row" in over ? row + 1 : (xs[row] ?? Number.NaN);
    const x = "since" in over ? (at - over.since) / 1000 : at;
    if (!Number.isNaN(y) && !Number.isNaN(x)) found.push({ x, y });
  }
  return found;
}
