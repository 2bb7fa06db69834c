// What a person changed in the form and has not submitted yet. Only changes are in it, so that to undo is to forget, and what
// changes elsewhere meanwhile shows through. It survives a reload of the page (sessionStorage) and knows no component.
import { create } from "@bufbuild/protobuf";
import { type Override, OverrideSchema } from "../api/winslow/v1/run_pb.ts";
import { type Axis, AxisSchema } from "../api/winslow/v1/sweep_pb.ts";
import type { Preset } from "./layers.ts";
import { faultsOf, type Requirements, requirementsOf, resourcesOf, sameRequirements } from "./requirements.ts";

export interface StageDraft {
  environment: Readonly<Record<string, string>>;
  /** Variables that take several values, as people write them: `10,25` or `0.1..0.5/0.1`. */
  axes: Readonly<Record<string, string>>;
  /** Variables that were submitted for the attempt that is made again and are let go of: what lies beneath holds again. */
  unset?: readonly string[];
  arguments?: readonly string[];
  image?: string;
  resources?: Requirements;
}

export interface Draft {
  stages: Readonly<Record<string, StageDraft>>;
  comment: string;
  stopOnFailure: boolean;
  /** What the address filled in before: not filled in again over what a person made of it. */
  prefilled: string;
}

export const NO_CHANGES: StageDraft = { environment: {}, axes: {} };
export const EMPTY: Draft = { stages: {}, comment: "", stopOnFailure: false, prefilled: "" };

export type Change =
  | { kind: "variable"; name: string; value: string }
  | { kind: "several"; name: string; expression: string }
  | { kind: "undo-variable"; name: string }
  | { kind: "release"; name: string }
  | { kind: "arguments"; values: readonly string[] | undefined }
  | { kind: "image"; image: string | undefined }
  | { kind: "resources"; resources: Requirements | undefined };

/** The draft of a stage after one change. */
export function changed(draft: StageDraft, change: Change): StageDraft {
  switch (change.kind) {
    case "variable":
      return { ...draft, environment: { ...draft.environment, [change.name]: change.value } };
    case "several":
      return { ...draft, axes: { ...draft.axes, [change.name]: change.expression } };
    case "undo-variable":
      return undone(draft, change.name);
    case "release":
      return { ...undone(draft, change.name), unset: [...(draft.unset ?? []), change.name] };
    case "arguments":
      return withField(draft, "arguments", change.values);
    case "image":
      return withField(draft, "image", change.image);
    case "resources":
      return withField(draft, "resources", change.resources);
  }
}

/** Nothing is changed of the variable any more. */
function undone({ unset, ...draft }: StageDraft, name: string): StageDraft {
  const left = unset?.filter((one) => one !== name) ?? [];
  return {
    ...draft,
    environment: without(draft.environment, name),
    axes: without(draft.axes, name),
    ...(left.length ? { unset: left } : {}),
  };
}

/** The draft after one change of the stage `definition`. */
export function drafted(draft: Draft, definition: string, change: Change): Draft {
  const before = draft.stages[definition] ?? NO_CHANGES;
  return { ...draft, stages: { ...draft.stages, [definition]: changed(before, change) } };
}

/** Whether the draft of a stage says anything else than the preset. */
export function untouched(draft: StageDraft): boolean {
  const { environment, axes, ...rest } = draft;
  return Object.keys(environment).length === 0 && Object.keys(axes).length === 0 && Object.keys(rest).length === 0;
}

/** Whether nothing would be lost by leaving. */
export function isEmpty(draft: Draft): boolean {
  return !draft.comment && !draft.stopOnFailure && Object.values(draft.stages).every(untouched);
}

/** What is sent for a stage: what differs from the preset, and nothing else. */
export function overrideOf(preset: Preset, draft: StageDraft): Override | undefined {
  const override = create(OverrideSchema, { environment: { ...draft.environment } });
  let anything = Object.keys(draft.environment).length > 0;
  if (draft.arguments && !sameList(draft.arguments, preset.arguments)) {
    override.arguments = { $typeName: "winslow.v1.Arguments", values: [...draft.arguments] };
    anything = true;
  }
  if (draft.image && draft.image !== preset.image) {
    override.image = draft.image;
    anything = true;
  }
  if (draft.resources && !sameRequirements(draft.resources, requirementsOf(preset.resources))) {
    override.resources = resourcesOf(draft.resources);
    anything = true;
  }
  return anything ? override : undefined;
}

/** The axes of a sweep, in the order in which the variables are written. */
export function axesOf(draft: StageDraft): Axis[] {
  return Object.entries(draft.axes).map(([variable, expression]) => create(AxisSchema, { variable, expression }));
}

/** What stops it from being sent, by where it is; empty when nothing does. */
export function wrongIn(draft: StageDraft): string[] {
  const wrong = draft.resources ? Object.values(faultsOf(draft.resources)) : [];
  const blank = Object.entries(draft.axes).filter(([, expression]) => !expression.trim());
  return [...wrong, ...blank.map(([name]) => `${name} has no values yet`)];
}

export interface Prefill {
  definition: string;
  environment: Readonly<Record<string, string>>;
  axes: Readonly<Record<string, string>>;
  image?: string | undefined;
  resources?: Partial<Requirements> | undefined;
}

/** The draft with what the address says filled in, once. */
export function prefilled(draft: Draft, prefill: Prefill, requirements: Requirements): Draft {
  const mark = JSON.stringify(prefill);
  const says =
    Object.keys({ ...prefill.environment, ...prefill.axes, ...prefill.resources }).length > 0 || prefill.image;
  if (!says || draft.prefilled === mark) return draft;
  const before = draft.stages[prefill.definition] ?? NO_CHANGES;
  const stage: StageDraft = {
    ...before,
    environment: { ...before.environment, ...prefill.environment },
    axes: { ...before.axes, ...prefill.axes },
    ...(prefill.image ? { image: prefill.image } : {}),
    ...(prefill.resources && Object.keys(prefill.resources).length
      ? { resources: { ...(before.resources ?? requirements), ...prefill.resources } }
      : {}),
  };
  return { ...draft, prefilled: mark, stages: { ...draft.stages, [prefill.definition]: stage } };
}

const KEY = "winslow-start:";

/** The draft that was kept under `key`; what cannot be read is forgotten. */
export function kept(storage: Pick<Storage, "getItem">, key: string): Draft {
  try {
    const found: unknown = JSON.parse(storage.getItem(KEY + key) ?? "null");
    return isDraft(found) ? found : EMPTY;
  } catch {
    return EMPTY;
  }
}

/** Keeps it, or forgets it when there is nothing in it; a browser that keeps nothing is no error. */
export function keep(storage: Pick<Storage, "setItem" | "removeItem">, key: string, draft: Draft): void {
  try {
    if (isEmpty(draft)) storage.removeItem(KEY + key);
    else storage.setItem(KEY + key, JSON.stringify(draft));
  } catch {
    // full, or forbidden: then a reload loses it, as in any form
  }
}

function isDraft(found: unknown): found is Draft {
  if (typeof found !== "object" || found === null) return false;
  const { stages, comment, prefilled: mark } = found as Record<string, unknown>;
  if (typeof comment !== "string" || typeof mark !== "string" || typeof stages !== "object" || !stages) return false;
  return Object.values(stages).every(
    (stage: unknown) => typeof stage === "object" && stage !== null && "environment" in stage && "axes" in stage,
  );
}

function withField<Field extends "arguments" | "image" | "resources">(
  draft: StageDraft,
  field: Field,
  value: StageDraft[Field] | undefined,
): StageDraft {
  const { [field]: _, ...rest } = draft;
  return (value === undefined ? rest : { ...rest, [field]: value }) as StageDraft;
}

function without<Value>(values: Readonly<Record<string, Value>>, name: string): Record<string, Value> {
  const { [name]: _, ...rest } = values;
  return rest;
}

const sameList = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((value, index) => value === other[index]);
