// The page's one picture of the cluster, for whatever is drawn from it.
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import type { Services } from "../rpc/services.ts";
import { Feed, type Picture, type Scope } from "./feed.ts";
import type { ResourceCase, Table } from "./tables.ts";

const Shown = createContext<Feed | undefined>(undefined);

export function Live({ services, scope, children }: { services: Services; scope: Scope; children: ReactNode }) {
  const feed = useMemo(() => new Feed(services.events, scope), [services, scope]);
  useEffect(() => {
    const leaving = new AbortController();
    void feed.run(leaving.signal);
    return () => leaving.abort();
  }, [feed]);
  return <Shown value={feed}>{children}</Shown>;
}

/** What `select` makes of the picture; drawn anew only when that is another object or value. */
export function useLive<Part>(select: (picture: Picture) => Part): Part {
  const feed = useContext(Shown);
  if (!feed) throw new Error("useLive outside of Live");
  return useSyncExternalStore(feed.subscribe, () => select(feed.picture()));
}

const NOTHING = new Map<string, never>();

export function useTable<Case extends ResourceCase>(kind: Case): Table<Case> {
  return useLive((picture) => picture.tables[kind] as Table<Case> | undefined) ?? (NOTHING as Table<Case>);
}
