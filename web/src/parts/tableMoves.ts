// What keys and clicks do to a long table's place and selection, without a table: the rules are the same however rows are drawn.

export interface Place {
  index: number;
  count: number;
  /** Rows that fit at once. */
  page: number;
}

/** Where a key leads to; undefined when it is none that moves. */
export function moved(key: string, { index, count, page }: Place): number | undefined {
  const leads: Record<string, number> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: count - 1,
  };
  const to = Object.hasOwn(leads, key) ? leads[key] : undefined;
  return to === undefined ? undefined : Math.max(0, Math.min(to, count - 1));
}

/** `selected` with one in when it was out, and out when it was in. */
export function toggled(selected: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(key)) next.add(key);
  return next;
}

/** `selected` and all between two rows, both included, whichever comes first; rows that cannot be selected are left out. */
export function extended(
  selected: ReadonlySet<string>,
  keys: readonly (string | undefined)[],
  from: number,
  to: number,
): ReadonlySet<string> {
  const between = keys.slice(Math.min(from, to), Math.max(from, to) + 1);
  return new Set([...selected, ...between.filter((key) => key !== undefined)]);
}

/** Of what can be reached inside of a row, that which comes `step` after `now`; -1 is the row itself. */
export function reached(now: number, step: 1 | -1, count: number): number {
  return Math.max(-1, Math.min(now + step, count - 1));
}
