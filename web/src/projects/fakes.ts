// Projects for tests: as many as are asked for, of every kind, the same ones each time.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Project, ProjectSchema, ProjectState } from "../api/winslow/v1/project_pb.ts";

const STATES = [1, 2, 3, 4, 5, 6] as ProjectState[];
const TAGS = ["lisbon", "north", "night", "rain"];
const NOW = Date.UTC(2026, 10, 23, 12);

type Fields = Partial<Pick<Project, "displayName" | "state" | "author" | "tags" | "source" | "participants">> & {
  changed?: number;
  progress?: number;
};

/** `changed` in milliseconds. */
export function fake(id: string, { changed = NOW, ...fields }: Fields = {}): Project {
  return create(ProjectSchema, {
    name: `projects/${id}`,
    displayName: id,
    state: ProjectState.IDLE,
    author: "ann",
    activityTime: timestampFromMs(changed),
    ...fields,
  });
}

export function fakes(count: number): Map<string, Project> {
  const all = Array.from({ length: count }, (_, index) =>
    fake(`street-${index}`, {
      displayName: `Street ${(index * 7919) % count}`,
      state: STATES[index % STATES.length] as ProjectState,
      author: ["ann", "ben", "cai"][index % 3] as string,
      tags: TAGS.filter((_, place) => (index >> place) & 1),
      source: `pipelines/${["traffic", "count"][index % 2]}`,
      changed: NOW - ((index * 104_729) % 1_000_003) * 1000,
      progress: (index % 100) / 100,
    }),
  );
  return new Map(all.map((project) => [project.name, project]));
}
