// What there is to choose from among the projects: their tags, pipelines and authors.
import type { Projects } from "./arranging.ts";
import { pipelineOf } from "./matching.ts";

export type Field = "tag" | "pipeline" | "author";

const VALUES: Record<Field, (project: Parameters<typeof pipelineOf>[0]) => readonly string[]> = {
  tag: (project) => project.tags,
  pipeline: (project) => [pipelineOf(project)],
  author: (project) => [project.author],
};

/** All values of a field, in the alphabet's order. */
export function choices(table: Projects, field: Field): string[] {
  const found = new Set<string>();
  for (const project of table.values()) for (const value of VALUES[field](project)) if (value) found.add(value);
  return [...found].sort((one, other) => one.localeCompare(other));
}
