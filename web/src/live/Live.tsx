// The page's one picture of the cluster, for whatever is drawn from it.
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import { useServices } from "../rpc/Rpc.tsx";
import { watchingEyes } from "./eyes.ts";
import { Feed, type Picture } from "./feed.ts";
import type { ResourceCase, ResourceOf, Table } from "./tables.ts";

const Shown = createContext<Feed | undefined>(undefined);

export function Live({ children }: { children: ReactNode }) {
  const { events } = useServices();
  const feed = useMemo(() => new Feed(events), [events]);
  useEffect(() => {
    const leaving = new AbortController();
    void feed.run(leaving.signal);
    watchingEyes(feed, leaving.signal);
    return () => leaving.abort();
  }, [feed]);
  return <Shown value={feed}>{children}</Shown>;
}

function useFeed(): Feed {
  const feed = useContext(Shown);
  if (!feed) throw new Error("useLive outside of Live");
  return feed;
}

/** What `select` makes of the picture; drawn anew only when that is another object or value. */
export function useLive<Part>(select: (picture: Picture) => Part): Part {
  const feed = useFeed();
  return useSyncExternalStore(feed.subscribe, () => select(feed.picture()));
}

const NOTHING = new Map<string, never>();

export function useTable<Case extends ResourceCase>(kind: Case): Table<Case> {
  return useLive((picture) => picture.tables[kind] as Table<Case> | undefined) ?? (NOTHING as Table<Case>);
}

/** One resource by its whole name; undefined when it is not there, or not yet. */
export function useResource<Case extends ResourceCase>(kind: Case, name: string): ResourceOf<Case> | undefined {
  return useLive((picture) => (picture.tables[kind] as Table<Case> | undefined)?.get(name));
}

/**
 * Has a project's runs, sweeps, stages and comments told while the page is shown; whether all there was has come. They
 * are in the tables `run`, `sweep`, `stage` and `comment`, among those of other projects; ended ones that have moved to
 * the project's history are not told: list them. "" is no project.
 */
export function useDetails(project: string): boolean {
  const feed = useFeed();
  useEffect(() => (project ? feed.interests.detailsOf(project) : undefined), [feed, project]);
  return useLive((picture) => picture.detailed.has(project));
}

/** Has what a node or a stage uses told each second while the page is shown, in the table `reading` by its name. */
export function useReadings(subject: string): ResourceOf<"reading"> | undefined {
  const feed = useFeed();
  useEffect(() => feed.interests.readingsOf(subject), [feed, subject]);
  return useResource("reading", subject);
}
