// What lists say of pipelines, and what is made of many of them at once.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Pipeline, PipelineSpec, StageDefinition } from "../api/winslow/v1/pipeline_pb.ts";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { idOf } from "../parts/names.ts";

/** What people call it: the name in its file, its id where that says none. */
export const calledOf = ({ name, spec }: Pipeline): string => spec?.displayName || idOf(name);

/** To choose from, by name; two that are called the same are told apart by their ids. */
export function choosable(pipelines: Iterable<Pipeline>): { value: string; label: string }[] {
  const all = [...pipelines].sort((one, other) => calledOf(one).localeCompare(calledOf(other)));
  const called = all.map(calledOf);
  const twice = new Set(called.filter((name, place) => called.indexOf(name) !== place));
  return all.map((one) => {
    const name = calledOf(one);
    return { value: one.name, label: twice.has(name) ? `${name} (${idOf(one.name)})` : name };
  });
}

/** Those in whose name, description or author each word of `text` is found, by name. */
export function matching(pipelines: Iterable<Pipeline>, text: string): Pipeline[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return [...pipelines]
    .filter((pipeline) => {
      const said = [pipeline.name, pipeline.spec?.displayName, pipeline.spec?.description, pipeline.author];
      const all = said.join("\n").toLowerCase();
      return words.every((word) => all.includes(word));
    })
    .sort((one, other) => calledOf(one).localeCompare(calledOf(other)));
}

/** How many projects were made from each pipeline, whatever the version, by the pipeline's whole name. */
export function uses(projects: Iterable<Project>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { source } of projects) if (source) counts.set(source, (counts.get(source) ?? 0) + 1);
  return counts;
}

/** Projects made from a pipeline: those with the oldest version first, then the latest activity. */
export function madeFrom(projects: Iterable<Project>, pipeline: string): Project[] {
  const activity = (project: Project) => (project.activityTime ? timestampMs(project.activityTime) : 0);
  return [...projects]
    .filter((project) => project.source === pipeline)
    .sort((one, other) => Number(one.sourceVersion - other.sourceVersion) || activity(other) - activity(one));
}

export const stageOf = (spec: PipelineSpec, name: string | undefined): StageDefinition | undefined =>
  spec.stages.find((stage) => stage.name === name);

export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
