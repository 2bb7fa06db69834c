// What this page knows of the cluster: tables of resources by name, changed by batches of events and by nothing else.
//
// A table is never changed in place: who holds one holds what was true at one revision.
import type { Change } from "../api/winslow/v1/event_pb.ts";

type Resource = Exclude<Change["resource"], { case: undefined }>;
export type ResourceCase = Resource["case"];
export type ResourceOf<Case extends ResourceCase> = Extract<Resource, { case: Case }>["value"];
export type Table<Case extends ResourceCase> = ReadonlyMap<string, ResourceOf<Case>>;
export type Tables = { readonly [Case in ResourceCase]?: Table<Case> };

const IN_DETAIL = ["run", "sweep", "stage", "comment"] as const;

/**
 * The tables after `changes`; those that nothing changed in are the same objects as before. What is told in detail may
 * come older than it is known: then it changes nothing.
 */
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
      const table = touch(change.resource.case);
      const known = isDetail(change.resource.case) ? revisionOf(table.get(change.name)) : 0n;
      if (known <= change.revision) table.set(change.name, change.resource.value);
    }
  }
  return touched.size ? ({ ...tables, ...Object.fromEntries(touched) } as Tables) : tables;
}

/** The tables without what was told of `projects` in detail. */
export function without(tables: Tables, projects: readonly string[]): Tables {
  if (projects.length === 0) return tables;
  const gone = (name: string) => projects.some((project) => name.startsWith(`${project}/`));
  const kept = IN_DETAIL.flatMap((kind) => {
    const table: ReadonlyMap<string, unknown> | undefined = tables[kind];
    if (!table || ![...table.keys()].some(gone)) return [];
    return [[kind, new Map([...table].filter(([name]) => !gone(name)))] as const];
  });
  return kept.length ? ({ ...tables, ...Object.fromEntries(kept) } as Tables) : tables;
}

function isDetail(kind: ResourceCase): boolean {
  return (IN_DETAIL as readonly string[]).includes(kind);
}

function revisionOf(resource: unknown): bigint {
  return (resource as { revision: bigint } | undefined)?.revision ?? 0n;
}
