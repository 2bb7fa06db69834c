// Whether something is dragged over a place. Leaving is told to what was entered last, which may be gone from the page by then,
// so that it may never be heard: but as long as something is there, browsers say so again and again.
import { useEffect, useMemo, useRef, useState } from "react";

/** Longer than the half second that browsers may be silent while something is dragged. */
const SILENT_MS = 1000;

export interface Hover {
  over: boolean;
  /** It is there, now. */
  stay: () => void;
  end: () => void;
}

export function useHover(): Hover {
  const [over, setOver] = useState(false);
  const timer = useRef<number>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const acts = useMemo(() => {
    const end = () => {
      window.clearTimeout(timer.current);
      setOver(false);
    };
    const stay = () => {
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(end, SILENT_MS);
      setOver(true);
    };
    return { stay, end };
  }, []);
  return { over, ...acts };
}
