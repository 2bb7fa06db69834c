// Whether a page may ask questions before something is done. What draws them is fetched with the first page that may, so that
// it is there before somebody can press what asks.
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let needed = false;

export function needDialogs(): void {
  needed = true;
  for (const one of listeners) one();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useDialogsNeeded(): boolean {
  return useSyncExternalStore(subscribe, () => needed);
}
