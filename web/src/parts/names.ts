// Resources' names and the ids in them: `projects/P/stages/S` is the stage S of the project P.

/** The last id of a name: "s1" of `projects/p/stages/s1`. */
export const idOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** The project's id in a name, "" where there is none. */
export const projectOf = (name: string): string => /^projects\/([^/]+)/.exec(name)?.[1] ?? "";

export const projectName = (project: string) => `projects/${project}`;
export const stageName = (project: string, stage: string) => `projects/${project}/stages/${stage}`;
export const runName = (project: string, run: string) => `projects/${project}/runs/${run}`;
export const sweepName = (project: string, sweep: string) => `projects/${project}/sweeps/${sweep}`;
export const nodeName = (node: string) => `nodes/${node}`;
export const pipelineName = (pipeline: string) => `pipelines/${pipeline}`;

/** Where a file's bytes are: `path` is the contract's, each part of it is escaped. */
export function fileAddress(path: string, query = ""): string {
  return `/files/${path.split("/").map(encodeURIComponent).join("/")}${query && `?${query}`}`;
}
