// What was asked once is asked again when the stream says that something has changed which it may follow from; never by the clock.
import { useEffect, useRef } from "react";

/** Calls `then` after `what` has become another value: at most once in `pause` milliseconds, and after the last change always. */
export function useStirred(what: unknown, then: () => void, pause = 1_000): void {
  const latest = useRef(then);
  const before = useRef(what);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    latest.current = then;
  });
  useEffect(() => {
    if (Object.is(before.current, what)) return;
    before.current = what;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, pause);
  }, [what, pause]);
  useEffect(() => {
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, []);
}
