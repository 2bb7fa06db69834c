// What is said of an attempt in a line: for readers of screens, for tooltips, for the titles of pages.
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { idOf } from "../parts/names.ts";

/** "right, attempt 2". */
export function titleOf(stage: Stage): string {
  const name = stage.definition?.name ?? idOf(stage.name);
  return stage.attempt > 1 ? `${name}, attempt ${stage.attempt}` : name;
}

/** The most telling results first come first: as many as `most`, as "count 12". */
export function keyResults(stage: Stage, most: number): [string, string][] {
  const defined = stage.definition?.logParsers.map(({ name }) => name) ?? [];
  const rank = (key: string) => {
    const place = defined.indexOf(key);
    return place < 0 ? defined.length : place;
  };
  return Object.entries(stage.results)
    .sort(([one], [other]) => rank(one) - rank(other) || (one < other ? -1 : 1))
    .slice(0, most);
}

export interface Flags {
  stale: boolean;
  dropped: boolean;
}
