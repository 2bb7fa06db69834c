// What a new project is made of, what is missing from it still, and where its files go.
import { create } from "@bufbuild/protobuf";
import { ProjectSchema } from "../api/winslow/v1/project_pb.ts";
import type { Wish } from "../files/uploads.ts";

export interface Draft {
  name: string;
  description: string;
  /** `pipelines/L`, or `NONE_YET`; "" while it is not decided. */
  pipeline: string;
  tags: readonly string[];
  participants: readonly string[];
}

export const EMPTY: Draft = { name: "", description: "", pipeline: "", tags: [], participants: [] };

/** A project of files first: its pipeline is chosen on its page. */
export const NONE_YET = "none yet";

/** Files whose paths begin where the project's input will be. */
export interface Gathered {
  wishes: readonly Wish[];
  folders: readonly string[];
}

export const NOTHING: Gathered = { wishes: [], folders: [] };

/** What the call is asked for. The pipeline is copied: later changes of it leave the project as it is. */
export function requestOf(draft: Draft) {
  const project = create(ProjectSchema, {
    displayName: draft.name.trim(),
    description: draft.description.trim(),
    tags: [...draft.tags],
    participants: [...draft.participants],
  });
  return { project, pipeline: draft.pipeline === NONE_YET ? "" : draft.pipeline };
}

/** Why it cannot be made yet; undefined when it can. */
export function missingOf(draft: Draft): string | undefined {
  if (!draft.name.trim()) return "It needs a name";
  if (!draft.pipeline) return "Choose what is to be done, or that it has no pipeline yet";
  return undefined;
}

/** What it may be called after: the only file, or the one folder that all came in. */
export function nameOf({ wishes }: Gathered): string {
  const tops = new Set(wishes.map(({ path }) => path.split("/")[0] ?? ""));
  const [top] = tops;
  if (tops.size !== 1 || !top) return "";
  return top.replace(/\.[^.]{1,5}$/, "").replace(/[_]+/g, " ");
}

/** The same within the input of a project, `projects/P`. */
export function within({ wishes, folders }: Gathered, project: string): { wishes: Wish[]; folders: string[] } {
  const at = (path: string) => `${project}/input/${path}`;
  return { wishes: wishes.map((wish) => ({ ...wish, path: at(wish.path) })), folders: folders.map(at) };
}

/** Bytes. */
export const sizeOf = ({ wishes }: Gathered): number => wishes.reduce((sum, { file }) => sum + file.size, 0);
