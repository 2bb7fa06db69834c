// Limits as a person edits them: 0 is as many as fit; users and projects with a number of their own are rows.
import type { Limits } from "../api/winslow/v1/settings_pb.ts";

export interface Draft {
  perUser: number;
  perProject: number;
  users: Record<string, number>;
  projects: Record<string, number>;
}

export const draftOf = ({ perUser, perProject, users, projects }: Limits): Draft => ({
  perUser,
  perProject,
  users: { ...users },
  projects: { ...projects },
});

export const said = (limit: number): string => (limit === 0 ? "as many as fit" : `at most ${limit}`);

export const inWords = (limits: Limits): string =>
  [
    `each user ${said(limits.perUser)}`,
    `each project ${said(limits.perProject)}`,
    ...Object.entries({ ...limits.users, ...limits.projects }).map(([name, limit]) => `${name} ${said(limit)}`),
  ].join(", ");

export const isSame = (one: Draft, other: Draft): boolean =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

const sorted = ({ perUser, perProject, users, projects }: Draft) => [
  perUser,
  perProject,
  Object.entries(users).sort(),
  Object.entries(projects).sort(),
];

/** The fields, by the contract's names, in which two differ: the others are left as they are, whoever changes them. */
export function changedFields(before: Draft, after: Draft): string[] {
  const [ours, theirs] = [sorted(before), sorted(after)];
  return ["per_user", "per_project", "users", "projects"].filter(
    (_, at) => JSON.stringify(ours[at]) !== JSON.stringify(theirs[at]),
  );
}
