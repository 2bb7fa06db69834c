// A log is followed while somebody sees it: a browser has six connections for all tabs of a page.
import { useEffect } from "react";
import type { Log } from "./log.ts";

/** Milliseconds out of sight after which the connection is let go. */
const PATIENCE = 5_000;

export function useWaking(log: Log): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      clearTimeout(timer);
      if (document.hidden) timer = setTimeout(() => log.rest(), PATIENCE);
      else log.wake();
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      clearTimeout(timer);
      log.rest();
    };
  }, [log]);
}
