// The list as it is drawn: calm while somebody points at it.
import { useCallback, useMemo, useRef, useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Arranged } from "./arranging.ts";
import { calmed } from "./calm.ts";
import { sameButState } from "./criteria.ts";

export interface Calmly {
  shown: readonly Project[];
  /** Rows that would move, come or go. */
  waiting: number;
  /** Told when somebody begins to point at the rows and ends. */
  hold: (held: boolean) => void;
  /** Sorts anew, whoever points where. */
  settle: () => void;
}

export function useCalm(arranged: Arranged): Calmly {
  const [held, hold] = useState(false);
  const [settled, setSettled] = useState(0);
  const last = useRef({ shown: arranged.shown, criteria: arranged.criteria, settled });
  const calm = useMemo(() => {
    const { criteria } = arranged;
    const same =
      sameButState(last.current.criteria, criteria) &&
      last.current.criteria.state === criteria.state &&
      last.current.settled === settled;
    const now =
      held && same ? calmed(last.current.shown, arranged.shown, arranged.table) : { shown: arranged.shown, waiting: 0 };
    last.current = { shown: now.shown, criteria, settled };
    return now;
  }, [arranged, held, settled]);
  const settle = useCallback(() => setSettled((count) => count + 1), []);
  return { ...calm, hold, settle };
}
