// The time, for words like "3 minutes ago": one clock for all of them, which ticks only while somebody looks.
import { useSyncExternalStore } from "react";

const TICK = 15_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, TICK);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Milliseconds, at most a quarter of a minute old. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
