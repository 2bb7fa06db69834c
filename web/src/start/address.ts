// What the address of a start form says: where it starts, and what it fills in.
import { idOf } from "../parts/names.ts";
import type { startRun } from "../searches.ts";
import type { Prefill } from "./draft.ts";
import type { Requirements } from "./requirements.ts";

export type StartSearch = ReturnType<typeof startRun>;

const REQUIREMENTS = ["cpus", "memory", "gpus"] as const;

export function prefillOf(search: StartSearch, definition: string): Prefill {
  const said = REQUIREMENTS.flatMap((key) => (search[key] === undefined ? [] : [[key, search[key]] as const]));
  return {
    definition,
    environment: named(search, "env."),
    axes: named(search, "sweep."),
    image: search.image,
    resources: Object.fromEntries(said) as Partial<Requirements>,
  };
}

function named(search: StartSearch, prefix: string): Record<string, string> {
  const found = Object.entries(search).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(found.map(([key, value]) => [key.slice(prefix.length), String(value)]));
}

/** Only where it starts, without what it fills in. */
export function placeOf({ at, parent, redo, mode }: StartSearch): StartSearch {
  return { ...(at ? { at } : {}), ...(parent ? { parent } : {}), ...(redo ? { redo } : {}), ...(mode ? { mode } : {}) };
}

/** The id in what may be a whole name. */
export const givenId = (text: string | undefined): string => (text ? idOf(text) : "");
