// The entries of a directory in order. Of very many the order is made piece by piece beside what the person does; until it is
// there, the list is as it was.
import { useEffect, useMemo, useState } from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import { MANY, ordered, ordering, type Sorting } from "./order.ts";

/** Milliseconds of work between two moments in which the page may do something else. */
const PIECE = 8;

export interface Ordered {
  files: readonly File[];
  /** The order that they are in; undefined while they come in their directory's own. */
  sorting: Sorting | undefined;
  /** Whether another order is being made. */
  busy: boolean;
}

/** `entries` are put in order once they are `complete`. */
export function useOrdered(entries: readonly File[], complete: boolean, sorting: Sorting): Ordered {
  const slowly = complete && entries.length >= MANY;
  const [made, setMade] = useState<{ of: readonly File[]; sorting: Sorting; files: readonly File[] }>();
  const quick = useMemo(
    () => (complete && !slowly ? ordered(entries, sorting) : entries),
    [entries, complete, slowly, sorting],
  );
  useEffect(() => {
    if (!slowly) return;
    const work = ordering(entries, sorting);
    let timer = setTimeout(function go() {
      const until = performance.now() + PIECE;
      let step = work.next();
      while (!step.done && performance.now() < until) step = work.next();
      if (step.done) setMade({ of: entries, sorting, files: step.value });
      else timer = setTimeout(go);
    });
    return () => clearTimeout(timer);
  }, [entries, slowly, sorting]);
  if (!slowly) return { files: quick, sorting: complete ? sorting : undefined, busy: false };
  return {
    files: made?.files ?? entries,
    sorting: made?.sorting,
    busy: made?.of !== entries || made.sorting !== sorting,
  };
}
