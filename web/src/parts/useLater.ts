// For what the first look at a page does without: it is fetched once that page is there and has nothing else to do, or at once
// when somebody does something with it.
import { useSyncExternalStore } from "react";

const SIGNS = ["pointermove", "pointerdown", "keydown", "focusin", "wheel", "touchstart"] as const;
const listeners = new Set<() => void>();
let touched = false;

/** The first look is over. */
export function lookedAt(): void {
  if (touched) return;
  touched = true;
  for (const sign of SIGNS) window.removeEventListener(sign, lookedAt, true);
  for (const one of listeners) one();
}

for (const sign of SIGNS) window.addEventListener(sign, lookedAt, { capture: true, passive: true });

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the first look at this tab is over. */
export function useLater(): boolean {
  return useSyncExternalStore(subscribe, () => touched);
}
