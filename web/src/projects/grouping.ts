// Rows of the list: projects, and headings where they are grouped by tag. A row is the same object as long as what it shows is.
import type { Project } from "../api/winslow/v1/project_pb.ts";

export interface ProjectRow {
  kind: "project";
  key: string;
  project: Project;
}

export interface Heading {
  kind: "heading";
  key: string;
  /** "" for those without any. */
  tag: string;
  count: number;
  folded: boolean;
}

export type Row = ProjectRow | Heading;

export const keyOf = (row: Row): string => row.key;

const rows = new WeakMap<Project, Map<string, ProjectRow>>();

function rowOf(project: Project, tag: string | undefined): ProjectRow {
  const key = tag === undefined ? project.name : `${tag}\n${project.name}`;
  let known = rows.get(project);
  if (!known) {
    known = new Map();
    rows.set(project, known);
  }
  let row = known.get(key);
  if (!row) {
    row = { kind: "project", key, project };
    known.set(key, row);
  }
  return row;
}

const plain = new WeakMap<readonly Project[], Row[]>();

/** Of the same list the same rows. */
export function plainRows(projects: readonly Project[]): Row[] {
  const known = plain.get(projects) ?? projects.map((project) => rowOf(project, undefined));
  plain.set(projects, known);
  return known;
}

/** Under each of its tags, in the alphabet's order, those without any last; within a group in the order they came in. */
export function groupedRows(projects: readonly Project[], folded: ReadonlySet<string>): Row[] {
  const groups = new Map<string, Project[]>();
  for (const project of projects) {
    for (const tag of project.tags.length ? project.tags : [""]) {
      const group = groups.get(tag);
      if (group) group.push(project);
      else groups.set(tag, [project]);
    }
  }
  const tags = [...groups.keys()].sort((one, other) => (one === "" ? 1 : other === "" ? -1 : one < other ? -1 : 1));
  return tags.flatMap((tag): Row[] => {
    const group = groups.get(tag) ?? [];
    const heading: Heading = { kind: "heading", key: `#${tag}`, tag, count: group.length, folded: folded.has(tag) };
    return heading.folded ? [heading] : [heading, ...group.map((project) => rowOf(project, tag))];
  });
}
