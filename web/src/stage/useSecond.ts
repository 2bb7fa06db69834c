// The time for durations that grow: one clock for all of them, which ticks each second and only while something is drawn from it.
import { useSyncExternalStore } from "react";

const TICK = 1_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) now = Date.now();
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, TICK);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Milliseconds, at most a second old; the same for all that are drawn together. */
export function useSecond(): number {
  return useSyncExternalStore(subscribe, () => now);
}
