// How what is about to be submitted differs from an attempt that was made: "SENSITIVITY 50 → 75".
import { Layer, type Stage } from "../api/winslow/v1/stage_pb.ts";
import type { StageDraft } from "./draft.ts";
import { type Preset, rowsOf } from "./layers.ts";
import { faultsOf, resourcesOf, resourceWords } from "./requirements.ts";

export interface Difference {
  key: string;
  /** Undefined where there was none. */
  before: string | undefined;
  after: string | undefined;
  /** A person changed it in the form; otherwise it was changed elsewhere since, in the pipeline or the cluster's environment. */
  here: boolean;
}

/** What another attempt of `stage` would get that it did not; variables that are swept are told by their expression. */
export function differencesTo(stage: Stage, preset: Preset, draft: StageDraft): Difference[] {
  const had = new Map(
    stage.environment.filter(({ name }) => !name.startsWith("WINSLOW_")).map(({ name, value }) => [name, value]),
  );
  const set = rowsOf(preset, draft).filter(({ layer }) => layer !== Layer.UNSPECIFIED);
  const gets = new Map(set.map(({ name, value }) => [name, value]));
  for (const [name, expression] of Object.entries(draft.axes)) gets.set(name, expression);
  const names = [...new Set([...had.keys(), ...gets.keys()])].sort();
  const found: Difference[] = names.map((name) => ({
    key: name,
    before: had.get(name),
    after: gets.get(name),
    here: name in draft.environment || name in draft.axes || Boolean(draft.unset?.includes(name)),
  }));
  const definition = stage.definition;
  if (definition) {
    found.push({
      key: "arguments",
      before: shown(definition.arguments),
      after: shown(draft.arguments ?? preset.arguments),
      here: draft.arguments !== undefined,
    });
    found.push({
      key: "image",
      before: definition.image,
      after: draft.image ?? preset.image,
      here: draft.image !== undefined,
    });
    const wanted =
      draft.resources && Object.keys(faultsOf(draft.resources)).length === 0
        ? resourcesOf(draft.resources)
        : preset.resources;
    if (definition.resources) {
      found.push({
        key: "requirements",
        before: resourceWords(definition.resources),
        after: resourceWords(wanted),
        here: draft.resources !== undefined,
      });
    }
  }
  return found.filter(({ before, after }) => before !== after);
}

/** Arguments for people: each as it is, quoted where one could not tell where it ends. */
export function shown(values: readonly string[]): string {
  return values.map((value) => (/^[^\s"'\\]+$/.test(value) ? value : JSON.stringify(value))).join(" ");
}
