// What has happened between two pictures of the projects that somebody may want to be told: a gate opened, a project failed or
// is done. What was so in the first of them is no news.
import { type Project, ProjectState } from "../../api/winslow/v1/project_pb.ts";
import type { Gate } from "../../api/winslow/v1/run_pb.ts";
import { idOf } from "../../parts/names.ts";

export type Happening = "waits" | "failed" | "done";

export interface News {
  /** The same for the same thing, so that a browser shows it once. */
  key: string;
  happening: Happening;
  title: string;
  body: string;
  /** The path of the page where it is seen and acted upon. */
  path: string;
}

type Projects = ReadonlyMap<string, Project>;

export function newsBetween(before: Projects, after: Projects): News[] {
  const news: News[] = [];
  if (before === after) return news;
  for (const project of after.values()) {
    const was = before.get(project.name);
    if (was !== project) news.push(...newsOf(was, project));
  }
  return news;
}

function* newsOf(was: Project | undefined, project: Project): Iterable<News> {
  const known = new Set(was?.gates.map(gateKey));
  for (const gate of project.gates) if (!known.has(gateKey(gate))) yield gateNews(project, gate);
  if (project.state === was?.state) return;
  if (project.state === ProjectState.FAILED) yield verdict(project, "failed", "failed", project.reason?.text ?? "");
  if (project.state === ProjectState.SUCCEEDED) yield verdict(project, "done", "is done", "");
}

const gateKey = ({ run, definition, parent }: Gate): string => `${run} ${definition} ${parent}`;

function gateNews(project: Project, gate: Gate): News {
  const definition = encodeURIComponent(gate.definition);
  return {
    key: `${project.name} ${gateKey(gate)}`,
    happening: "waits",
    title: `${project.displayName} waits for you`,
    body: gate.reason?.text ?? gate.definition,
    path: `/projects/${idOf(project.name)}/runs/${idOf(gate.run)}/gates/${definition}`,
  };
}

function verdict(project: Project, happening: Happening, word: string, body: string): News {
  return {
    key: `${project.name} ${project.latestRun} ${happening}`,
    happening,
    title: `${project.displayName} ${word}`,
    body,
    path: `/projects/${idOf(project.name)}`,
  };
}

const MANY = 3;
const COUNTED: Record<Happening, string> = { waits: "waits for you", failed: "failed", done: "done" };

/** Few are told one by one; many at once as one that counts them. */
export function folded(news: readonly News[]): News[] {
  if (news.length <= MANY) return [...news];
  const counts = (Object.keys(COUNTED) as Happening[]).flatMap((happening) => {
    const count = news.filter((one) => one.happening === happening).length;
    return count ? [`${count} ${COUNTED[happening]}`] : [];
  });
  const first = news.find(({ happening }) => happening === "waits") ?? news[0];
  return [
    {
      key: `many ${first?.key}`,
      happening: first?.happening ?? "waits",
      title: `Much happened in ${news.length} projects`,
      body: counts.join(", "),
      path: "/projects",
    },
  ];
}

/** How many projects wait for a person. */
export function waitingIn(projects: Projects): number {
  let count = 0;
  for (const { state } of projects.values()) if (state === ProjectState.AWAITING_INPUT) count++;
  return count;
}
