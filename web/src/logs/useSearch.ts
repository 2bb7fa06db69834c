// The search that a log view has: what is looked for, what was found so far, and at which of it one is.
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import type { Log } from "./log.ts";
import { patternOf } from "./patterns.ts";
import { Search, type SearchSays } from "./search.ts";
import type { LogCalls } from "./source.ts";

export interface Searching {
  find: string;
  look: (find: string) => void;
  says: SearchSays | undefined;
  /** Offsets of lines found, in order. */
  found: readonly number[];
  /** The line that the search is at. */
  current: number | undefined;
  /** Which of those found that is, from 1; 0 for none. */
  place: number;
  go: (forward: boolean) => void;
  /** Whether the last one in the direction was reached. */
  none: boolean;
}

export function useSearch(calls: LogCalls, stage: string, log: Log, size: number, first: string): Searching {
  const [find, setFind] = useState(first);
  const [current, setCurrent] = useState<number>();
  const [none, setNone] = useState(false);
  const [, changed] = useReducer((count: number) => count + 1, 0);
  const pattern = useMemo(() => patternOf(find), [find]);
  const session = useRef<Search>(undefined);
  const led = useRef("");

  useEffect(() => setFind(first), [first]);
  useEffect(() => {
    setCurrent(undefined);
    setNone(false);
    if (!pattern) return changed();
    const search = new Search(calls, stage, pattern, changed);
    session.current = search;
    return () => {
      search.close();
      session.current = undefined;
    };
  }, [calls, stage, pattern]);
  useEffect(() => session.current?.grown(size), [size]);

  const show = useCallback(
    (at: number) => {
      setCurrent(at);
      log.act((view) => view.jump(at, Math.round(view.height / 3)));
    },
    [log],
  );
  const search = session.current;
  const go = useCallback(
    async (forward: boolean) => {
      const searched = session.current;
      if (!searched) return;
      const sight = log.picture().sight;
      const here = current ?? (forward ? (sight.rows[0]?.at ?? 0) - 1 : sight.rows.at(-1)?.at) ?? 0;
      try {
        const at = forward ? await searched.next(Math.max(-1, here)) : searched.previous(here);
        if (session.current !== searched) return;
        setNone(at === undefined);
        if (at !== undefined) show(at);
      } catch {
        setNone(true); // the search itself says what is wrong
      }
    },
    [log, current, show],
  );

  // A search leads to what it finds first, once: near where one is, else from the beginning.
  useEffect(() => {
    const searched = session.current;
    if (!searched || searched.found.length === 0 || led.current === searched.pattern.written) return;
    led.current = searched.pattern.written;
    const from = log.view.sticks ? 0 : (log.picture().sight.rows[0]?.at ?? 0);
    const at = searched.found.find((one) => one >= from) ?? searched.found[0];
    if (at !== undefined) show(at);
  });

  return {
    find,
    look: setFind,
    says: pattern ? search?.says : undefined,
    found: search?.found ?? [],
    current,
    place: current === undefined ? 0 : (search?.place(current) ?? 0),
    go: (forward) => void go(forward),
    none,
  };
}
