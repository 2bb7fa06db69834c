// The list that a person asked for, kept up to date: a change of a few projects moves those few, and everything else stays
// where it is. It needs to know neither where projects come from nor how they are drawn.
import type { Project, ProjectState } from "../api/winslow/v1/project_pb.ts";
import { type Criteria, sameButState } from "./criteria.ts";
import { comparing, matches } from "./matching.ts";

export type Projects = ReadonlyMap<string, Project>;

export interface Arranged {
  table: Projects;
  criteria: Criteria;
  /** What is looked for in whatever state, in order. */
  matching: readonly Project[];
  /** How many of those are in each state. */
  counts: ReadonlyMap<ProjectState, number>;
  /** What is shown. */
  shown: readonly Project[];
}

/** Past this share of changes all is sorted anew, since it is cheaper then; a few are always moved one by one. */
const MANY = 0.2;
const FEW = 20;

/** What `criteria` ask of `table`, out of what was arranged before; the same lists where nothing in them changed. */
export function arranged(before: Arranged | undefined, table: Projects, criteria: Criteria): Arranged {
  const similar = before !== undefined && sameButState(before.criteria, criteria);
  const matching = similar ? kept(before, table, criteria) : sorted(table.values(), criteria);
  if (similar && matching === before.matching) {
    if (criteria.state === before.criteria.state) return { ...before, table, criteria };
    return { table, criteria, matching, counts: before.counts, shown: inState(matching, criteria) };
  }
  return { table, criteria, matching, counts: counted(matching), shown: inState(matching, criteria) };
}

function sorted(projects: Iterable<Project>, criteria: Criteria): Project[] {
  const found: Project[] = [];
  for (const project of projects) if (matches(project, criteria)) found.push(project);
  return found.sort(comparing(criteria));
}

function kept(before: Arranged, table: Projects, criteria: Criteria): readonly Project[] {
  if (table === before.table) return before.matching;
  const changed: Project[] = [];
  for (const [name, project] of table) if (before.table.get(name) !== project) changed.push(project);
  if (changed.length > Math.max(FEW, MANY * table.size)) return sorted(table.values(), criteria);
  const same = before.matching.filter((project) => table.get(project.name) === project);
  const fresh = sorted(changed, criteria);
  if (fresh.length === 0 && same.length === before.matching.length) return before.matching;
  return fresh.length ? merged(same, fresh, comparing(criteria)) : same;
}

/** Of two lists in order one, in order. */
function merged(many: readonly Project[], few: readonly Project[], compare: (one: Project, other: Project) => number) {
  const all: Project[] = [];
  let from = 0;
  for (const project of few) {
    const to = placeOf(project, many, from, compare);
    for (; from < to; from++) all.push(many[from] as Project);
    all.push(project);
  }
  for (; from < many.length; from++) all.push(many[from] as Project);
  return all;
}

/** Where `project` belongs in `list`, at `from` or later. */
function placeOf(
  project: Project,
  list: readonly Project[],
  from: number,
  compare: (one: Project, other: Project) => number,
): number {
  let low = from;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(list[middle] as Project, project) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function inState(matching: readonly Project[], { state }: Criteria): readonly Project[] {
  return state === undefined ? matching : matching.filter((project) => project.state === state);
}

function counted(projects: readonly Project[]): ReadonlyMap<ProjectState, number> {
  const counts = new Map<ProjectState, number>();
  for (const { state } of projects) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}
