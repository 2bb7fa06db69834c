// Rows that do not jump under the mouse: while a person points at the list, what is in it changes in place, and what would move,
// come or go is counted until they have left or ask for it.
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Projects } from "./arranging.ts";

export interface Calm {
  shown: readonly Project[];
  /** How many rows would move, come or go if it were sorted anew. */
  waiting: number;
}

/** The rows of `before` as they are in `table` now; those that were deleted stay as they were until it is sorted anew. */
export function calmed(before: readonly Project[], after: readonly Project[], table: Projects): Calm {
  if (before === after) return { shown: before, waiting: 0 };
  const places = new Map(after.map((project, place) => [project.name, place]));
  const shown = before.map((project) => table.get(project.name) ?? project);
  let waiting = after.length;
  for (const [row, project] of shown.entries()) {
    const place = places.get(project.name);
    if (place === undefined) waiting++;
    else {
      waiting--; // it is there before and after
      if (project !== before[row] && isAstray(places, shown, row, place)) waiting++;
    }
  }
  return waiting === 0 && shown.length === after.length ? { shown: after, waiting } : { shown, waiting };
}

/** Whether a row that changed would not stay between its neighbours. */
function isAstray(places: ReadonlyMap<string, number>, shown: readonly Project[], row: number, place: number): boolean {
  const above = placed(places, shown, row, -1);
  const below = placed(places, shown, row, 1);
  return (above !== undefined && above > place) || (below !== undefined && below < place);
}

function placed(places: ReadonlyMap<string, number>, shown: readonly Project[], row: number, step: 1 | -1) {
  for (let at = row + step; at >= 0 && at < shown.length; at += step) {
    const place = places.get((shown[at] as Project).name);
    if (place !== undefined) return place;
  }
  return undefined;
}
