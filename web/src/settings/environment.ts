// Variables as a person edits them: rows in an order of their own, one of which may be half written.
export interface Row {
  id: number;
  name: string;
  value: string;
}

export const rowsOf = (environment: Readonly<Record<string, string>>): Row[] =>
  Object.entries(environment)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value], id) => ({ id, name, value }));

/** What is wrong with a row's name; undefined where nothing is. An empty row is left out when it is saved. */
export function faultOf(row: Row, rows: readonly Row[]): string | undefined {
  if (!row.name) return row.value ? "Give it a name" : undefined;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(row.name)) return "Letters, digits and _, not a digit first";
  return rows.some((other) => other.id < row.id && other.name === row.name) ? "It is there twice" : undefined;
}

export const environmentOf = (rows: readonly Row[]): Record<string, string> =>
  Object.fromEntries(rows.filter(({ name }) => name).map(({ name, value }) => [name, value]));

/** Whether two environments say the same. */
export function same(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** What makes `after` of `before`, and touches no other variable: somebody else may set one at the same time. */
export function differences(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) {
  const set = Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value));
  return { set, unset: Object.keys(before).filter((name) => !(name in after)) };
}
