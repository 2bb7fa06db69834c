// Points of a sweep that failed, as another sweep: the smallest product that has them all, written as people write axes.
import type { Sweep } from "../api/winslow/v1/sweep_pb.ts";
import { idOf } from "../parts/names.ts";
import type { StartSearch } from "./address.ts";
import { ZEROTH } from "./choices.ts";
import type { PointRow } from "./rows.ts";
import { writeSize } from "./sizes.ts";

export interface Again {
  search: StartSearch;
  /** Points that did not fail and would be done again, too, since a sweep is a product. */
  beside: number;
}

export function againOf(sweep: Sweep, failed: readonly PointRow[]): Again | undefined {
  if (failed.length === 0) return undefined;
  const axes = sweep.axes.map(({ variable, values }) => {
    const wanted = new Set(failed.map((row) => row.values[variable]));
    return { variable, values: values.filter((value) => wanted.has(value)) };
  });
  const { override } = sweep;
  const varied = new Set(axes.map(({ variable }) => variable));
  const fixed = Object.entries(override?.environment ?? {}).filter(([name]) => !varied.has(name));
  const resources = override?.resources;
  return {
    beside: axes.reduce((count, { values }) => count * values.length, 1) - failed.length,
    search: {
      at: sweep.start,
      parent: sweep.parent ? idOf(sweep.parent) : ZEROTH,
      ...Object.fromEntries(fixed.map(([name, value]) => [`env.${name}`, value])),
      ...Object.fromEntries(axes.map(({ variable, values }) => [`sweep.${variable}`, written(values)])),
      ...(override?.image ? { image: override.image } : {}),
      ...(resources?.cpus !== undefined ? { cpus: String(resources.cpus) } : {}),
      ...(resources?.memory ? { memory: writeSize(resources.memory) } : {}),
      ...(resources?.gpus?.count ? { gpus: String(resources.gpus.count) } : {}),
    },
  };
}

/** Values as they are written into an axis: each reads back as itself. */
export function written(values: readonly string[]): string {
  return values.map(item).join(",");
}

function item(value: string): string {
  if (value === "") return '""';
  const plain = value.replace(/[\\,]/g, "\\$&");
  // What would be read as a range, or be trimmed, or be taken for empty, begins with a backslash.
  return /\.\.|^\s|^""$/.test(value) && !plain.startsWith("\\") ? `\\${plain}` : plain;
}
