// What is live and what is history, as one: what the stream told is right wherever both have something, and a record that only moved
// to the history is never told to be gone.

/** Those of `live` and of `before` whose names begin with `prefix`, by name; where both have one, the live one. */
export function merged<One extends { name: string }>(
  live: ReadonlyMap<string, One>,
  before: Iterable<One>,
  prefix: string,
): Map<string, One> {
  const found = new Map<string, One>();
  for (const one of before) if (one.name.startsWith(prefix)) found.set(one.name, one);
  for (const [name, one] of live) if (name.startsWith(prefix)) found.set(name, one);
  return found;
}

/** How many of a project's runs are not among the live ones, so that they must be asked for; runs are numbered from 1. */
export function missingRuns(nextRun: bigint, live: ReadonlyMap<string, unknown>, project: string): number {
  let here = 0;
  for (const name of live.keys()) if (name.startsWith(`${project}/runs/`)) here++;
  return Math.max(0, Number(nextRun) - 1 - here);
}
