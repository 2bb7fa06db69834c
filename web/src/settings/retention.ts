// What is kept, as a person edits it: ages in days, and no number where there is no rule.
import type { Duration } from "@bufbuild/protobuf/wkt";
import type { RetentionPolicy } from "../api/winslow/v1/retention_pb.ts";

export interface Draft {
  /** The newest so many of each definition that succeeded; undefined for all. */
  keepSucceeded: number | undefined;
  keepFailed: boolean;
  /** Days after which a workspace goes; undefined for never. */
  maxAge: number | undefined;
  dropDiscardable: boolean;
}

const DAY = 86_400;

export const draftOf = (policy: RetentionPolicy): Draft => ({
  keepSucceeded: policy.keepSucceeded,
  keepFailed: policy.keepFailed,
  maxAge: policy.maxAge === undefined ? undefined : Number(policy.maxAge.seconds) / DAY,
  dropDiscardable: policy.dropDiscardable,
});

/** The fields of a policy; `name` is added by who sends it. */
export function policyOf(draft: Draft) {
  const { keepSucceeded, keepFailed, maxAge, dropDiscardable } = draft;
  return {
    keepFailed,
    dropDiscardable,
    ...(keepSucceeded === undefined ? {} : { keepSucceeded }),
    ...(maxAge === undefined ? {} : { maxAge: days(maxAge) }),
  };
}

const days = (count: number): Pick<Duration, "seconds" | "nanos"> => ({
  seconds: BigInt(Math.round(count * DAY)),
  nanos: 0,
});

const FIELDS = {
  keepSucceeded: "keep_succeeded",
  keepFailed: "keep_failed",
  maxAge: "max_age",
  dropDiscardable: "drop_discardable",
} as const satisfies Record<keyof Draft, string>;

/** The fields, by the contract's names, in which two differ: the others are left as they are, whoever changes them. */
export const changedFields = (one: Draft, other: Draft): string[] =>
  (Object.keys(FIELDS) as (keyof Draft)[]).filter((field) => one[field] !== other[field]).map((field) => FIELDS[field]);

export const isSame = (one: Draft, other: Draft): boolean => changedFields(one, other).length === 0;

export function inWords(draft: Draft): string {
  const rules = [
    draft.keepSucceeded === undefined ? "" : `of those that succeeded the newest ${draft.keepSucceeded} are kept`,
    draft.keepFailed ? "" : "those that did not succeed go",
    draft.maxAge === undefined ? "" : `those older than ${draft.maxAge} ${draft.maxAge === 1 ? "day" : "days"} go`,
    draft.dropDiscardable ? "discardable ones go as soon as nobody needs them" : "",
  ].filter(Boolean);
  return rules.length ? rules.join("; ") : "everything is kept";
}
