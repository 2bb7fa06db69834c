// What this page knows of the cluster: tables of resources by name, changed by batches of events and by nothing else.
//
// A table is never changed in place: who holds one holds what was true at one revision.
import type { Change } from "../api/winslow/v1/event_pb.ts";

type Resource = Exclude<Change["resource"], { case: undefined }>;
export type ResourceCase = Resource["case"];
export type ResourceOf<Case extends ResourceCase> = Extract<Resource, { case: Case }>["value"];
export type Table<Case extends ResourceCase> = ReadonlyMap<string, ResourceOf<Case>>;
export type Tables = { readonly [Case in ResourceCase]?: Table<Case> };

/** The tables after `changes`; those that nothing changed in are the same objects as before. */
export function applied(tables: Tables, changes: readonly Change[]): Tables {
  const touched = new Map<ResourceCase, Map<string, unknown>>();
  const touch = (kind: ResourceCase) => {
    const known = touched.get(kind);
    if (known) return known;
    const fresh = new Map<string, unknown>(tables[kind]);
    touched.set(kind, fresh);
    return fresh;
  };
  for (const change of changes) {
    if (change.deleted) {
      for (const kind of Object.keys(tables) as ResourceCase[]) {
        if ((touched.get(kind) ?? tables[kind])?.has(change.name)) touch(kind).delete(change.name);
      }
    } else if (change.resource.case) {
      touch(change.resource.case).set(change.name, change.resource.value);
    }
  }
  return touched.size ? ({ ...tables, ...Object.fromEntries(touched) } as Tables) : tables;
}
