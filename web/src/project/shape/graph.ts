// The pipeline's graph as far as drawing attempts needs it: orders and what follows from what. Edges from definitions that
// are not there are taken for none.
import type { PipelineSpec, StageDefinition } from "../../api/winslow/v1/pipeline_pb.ts";

/** Definitions in an order in which everything comes after what it needs; the author's where that leaves a choice. */
export function topological(spec: PipelineSpec): StageDefinition[] {
  const known = new Set(spec.stages.map(({ name }) => name));
  const done = new Set<string>();
  const found: StageDefinition[] = [];
  let left = [...spec.stages];
  while (left.length) {
    const ready = left.filter(({ after }) => after.every(({ stage }) => !known.has(stage) || done.has(stage)));
    // A circle is refused by the server; here it only must not hang the page.
    for (const one of ready.length ? ready : left) {
      found.push(one);
      done.add(one.name);
    }
    left = left.filter(({ name }) => !done.has(name));
  }
  return found;
}

/** How many definitions come before each, along the longest way: the column it is drawn in. */
export function ranks(spec: PipelineSpec): Map<string, number> {
  const found = new Map<string, number>();
  for (const { name, after } of topological(spec)) {
    found.set(name, Math.max(-1, ...after.map(({ stage }) => found.get(stage) ?? -1)) + 1);
  }
  return found;
}

/** `starts` and all that follows from them. */
export function reached(spec: PipelineSpec, starts: Iterable<string>): Set<string> {
  const known = new Set(spec.stages.map(({ name }) => name));
  const found = new Set([...starts].filter((name) => known.has(name)));
  for (const { name, after } of topological(spec)) {
    if (after.some(({ stage }) => found.has(stage))) found.add(name);
  }
  return found;
}
