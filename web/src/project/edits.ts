// What a person edits of a project, beside what others do to it meanwhile: nobody's change is overwritten unseen.
import type { Project } from "../api/winslow/v1/project_pb.ts";

export interface Fields {
  displayName: string;
  description: string;
  tags: readonly string[];
  participants: readonly string[];
  priority: number;
  /** Bytes; 0 for none. */
  quota: bigint;
}
export type FieldName = keyof Fields;

/** As masks name them. */
export const PATHS: Record<FieldName, string> = {
  displayName: "display_name",
  description: "description",
  tags: "tags",
  participants: "participants",
  priority: "priority",
  quota: "quota",
};
export const FIELD_WORDS: Record<FieldName, string> = {
  displayName: "name",
  description: "description",
  tags: "tags",
  participants: "participants",
  priority: "priority",
  quota: "quota",
};
const NAMES = Object.keys(PATHS) as FieldName[];

export function fieldsOf({ displayName, description, tags, participants, priority, quota }: Project): Fields {
  return { displayName, description, tags, participants, priority, quota };
}

/** Fields in which the two differ. */
export function differing(one: Fields, other: Fields): FieldName[] {
  return NAMES.filter((name) => !same(one[name], other[name]));
}

export interface Standing {
  /** Fields that this person changed. */
  mine: FieldName[];
  /** Fields that others changed since, too, to something else. */
  contested: FieldName[];
  /** What the form shows: what this person changed, and beside it what is true now. */
  shown: Fields;
}

/** `base` was there when the person began, `draft` is what they made of it, `theirs` is what is there now. */
export function standingOf(base: Fields, draft: Fields, theirs: Fields): Standing {
  const mine = differing(base, draft).filter((name) => !same(draft[name], theirs[name]));
  const changed = new Set(differing(base, theirs));
  const kept = Object.fromEntries(mine.map((name) => [name, draft[name]]));
  return { mine, contested: mine.filter((name) => changed.has(name)), shown: { ...theirs, ...kept } };
}

function same(one: Fields[FieldName], other: Fields[FieldName]): boolean {
  if (typeof one !== "object" || typeof other !== "object") return one === other;
  return one.length === other.length && one.every((each, index) => each === other[index]);
}
