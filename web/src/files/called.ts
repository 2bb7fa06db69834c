// What directories are called by people: a project by its name, a stage by its definition and attempt.
import { useCallback } from "react";
import { useDetails, useTable } from "../live/Live.tsx";
import { projectName, stageName } from "../parts/names.ts";
import { parts } from "./paths.ts";

const POOLS: Record<string, string> = {
  resources: "Resources",
  projects: "Projects",
};
const IN_PROJECT: Record<string, string> = {
  input: "Input",
  workspace: "Zeroth workspace",
  output: "Output",
  stages: "Stages",
};

/** The project of `path` whose stages it is about, "" where there is none. */
export function stagesOf(path: string): string {
  const [root, project, pool] = parts(path);
  return root === "projects" && project && pool === "stages" ? project : "";
}

/** What people call the last part of a path; undefined where that is its own name. */
export function useCalled(): (path: string) => string | undefined {
  const projects = useTable("project");
  const stages = useTable("stage");
  return useCallback(
    (asked: string) => {
      const [root = "", project, pool, stage, ...beneath] = parts(asked);
      if (!project) return POOLS[root];
      if (root !== "projects") return undefined;
      if (!pool) return projects.get(projectName(project))?.displayName;
      if (!stage) return IN_PROJECT[pool];
      if (pool !== "stages" || beneath.length) return undefined;
      const found = stages.get(stageName(project, stage));
      return found ? `${found.definition?.name ?? stage}, attempt ${found.attempt}` : undefined;
    },
    [projects, stages],
  );
}

/** Has the stages of a project told while it is in the page. */
export function StagesTold({ project }: { project: string }): null {
  useDetails(projectName(project));
  return null;
}
