// What a stage would be given: its variables with the layer each value comes from, as winslow/domain/environment.py resolves
// them, and what of its definition a person submits instead. It knows no form.
import { create } from "@bufbuild/protobuf";
import type { StageDefinition } from "../api/winslow/v1/pipeline_pb.ts";
import { type Resources, ResourcesSchema } from "../api/winslow/v1/resources_pb.ts";
import type { Override } from "../api/winslow/v1/run_pb.ts";
import { Layer, type Stage } from "../api/winslow/v1/stage_pb.ts";

/** Environments that lie below what a person submits, the outermost first. */
export interface Below {
  global: Readonly<Record<string, string>>;
  pipeline: Readonly<Record<string, string>>;
  stage: Readonly<Record<string, string>>;
}

/** What was submitted for an attempt that is made again; of a first one, nothing. */
export interface Submitted {
  environment: Readonly<Record<string, string>>;
  arguments?: readonly string[] | undefined;
  image?: string | undefined;
  resources?: Resources | undefined;
}

/** What a definition would start with when nobody changed anything. */
export interface Preset {
  definition: StageDefinition;
  below: Below;
  submitted: Submitted;
  arguments: readonly string[];
  image: string;
  resources: Resources;
}

export interface Given {
  layer: Layer;
  value: string;
}

export interface Row {
  name: string;
  /** What it will be. */
  value: string;
  /** The layer that `value` comes from. */
  layer: Layer;
  /** All that set it but what is changed now, the one that would win last. */
  given: readonly Given[];
  /** Changed in this form: there is something to undo. */
  changed: boolean;
  /** What was submitted for the attempt that is made again is let go of: `value` is what lies beneath. */
  released: boolean;
  /** The definition asks people for it. */
  asked: boolean;
}

export const NOTHING_SUBMITTED: Submitted = { environment: {} };

export const LAYER_WORDS: Record<Layer, string> = {
  [Layer.UNSPECIFIED]: "unknown",
  [Layer.GLOBAL]: "global",
  [Layer.PIPELINE]: "pipeline",
  [Layer.STAGE]: "stage",
  [Layer.SUBMISSION]: "submission",
  [Layer.INTERNAL]: "Winslow",
};

export function presetOf(definition: StageDefinition, below: Omit<Below, "stage">, submitted: Submitted): Preset {
  return {
    definition,
    below: { ...below, stage: definition.environment },
    submitted,
    arguments: submitted.arguments ?? definition.arguments,
    image: submitted.image || definition.image,
    resources: submitted.resources ?? definition.resources ?? create(ResourcesSchema),
  };
}

/** What a redo of `stage` goes on from: what was given for it then, and what its run was told of its definition. */
export function submittedFor(stage: Stage, told: Override | undefined): Submitted {
  const given = stage.environment.filter(({ layer }) => layer === Layer.SUBMISSION);
  return {
    environment: Object.fromEntries(given.map(({ name, value }) => [name, value])),
    arguments: told?.arguments?.values,
    image: told?.image,
    resources: told?.resources,
  };
}

/** What a person changed: values of variables, and submitted ones that they let go of. */
export interface Changed {
  environment: Readonly<Record<string, string>>;
  unset?: readonly string[] | undefined;
}

/** Every variable once, those asked for first, then by name. */
export function rowsOf(preset: Preset, { environment: changed, unset = [] }: Changed): Row[] {
  const asked = preset.definition.userInput?.variables ?? [];
  const layers: [Layer, Readonly<Record<string, string>>][] = [
    [Layer.GLOBAL, preset.below.global],
    [Layer.PIPELINE, preset.below.pipeline],
    [Layer.STAGE, preset.below.stage],
    [Layer.SUBMISSION, preset.submitted.environment],
  ];
  const names = new Set([...asked, ...layers.flatMap(([, values]) => Object.keys(values)), ...Object.keys(changed)]);
  const rows = [...names].map((name) => {
    const given = layers.flatMap(([layer, values]) => {
      const value = values[name];
      return value === undefined ? [] : [{ layer, value }];
    });
    const now = changed[name];
    const released = now === undefined && unset.includes(name) && given.at(-1)?.layer === Layer.SUBMISSION;
    const last = given.at(released ? -2 : -1);
    return {
      name,
      value: now ?? last?.value ?? "",
      layer: now === undefined ? (last?.layer ?? Layer.UNSPECIFIED) : Layer.SUBMISSION,
      given,
      changed: now !== undefined || released,
      released,
      asked: asked.includes(name),
    };
  });
  return rows.sort(
    (one, other) =>
      Number(other.asked) - Number(one.asked) || (one.name < other.name ? -1 : one.name > other.name ? 1 : 0),
  );
}

/** Variables that are asked for and have no value yet. */
export function missing(rows: readonly Row[]): string[] {
  return rows.filter(({ asked, value }) => asked && !value).map(({ name }) => name);
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;

/** Why nobody may give a variable of this name; undefined when anybody may. */
export function variableFault(name: string, taken: Iterable<string> = []): string | undefined {
  if (!NAME.test(name)) return "Use letters, digits and _, no digit first";
  if (name.startsWith("WINSLOW_")) return "Names that begin with WINSLOW_ are Winslow's own";
  if ([...taken].includes(name)) return "It is there already";
  return undefined;
}
