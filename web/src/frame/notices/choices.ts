// Of what this browser tells its user beside the page; the user's choice, kept here, the same in all tabs.
import { useSyncExternalStore } from "react";
import type { Happening } from "./news.ts";

const PLACE = "winslow.notices";

export interface Choices {
  on: boolean;
  of: readonly Happening[];
}

const NONE: Choices = { on: false, of: ["waits", "failed"] };
const KNOWN: readonly Happening[] = ["waits", "failed", "done"];

const listeners = new Set<() => void>();
let now = read();

/** What was chosen; whatever makes no sense is left out. */
export function parsed(text: string | null): Choices {
  try {
    const said: unknown = JSON.parse(text ?? "");
    if (typeof said !== "object" || said === null || !("of" in said) || !Array.isArray(said.of)) return NONE;
    return { on: "on" in said && said.on === true, of: KNOWN.filter((one) => (said.of as unknown[]).includes(one)) };
  } catch {
    return NONE;
  }
}

function read(): Choices {
  try {
    return parsed(localStorage.getItem(PLACE));
  } catch {
    return NONE; // a browser that keeps nothing
  }
}

export function choose(choices: Choices): void {
  now = choices;
  try {
    localStorage.setItem(PLACE, JSON.stringify(choices));
  } catch {
    // It holds as long as the page is open.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  const elsewhere = (event: StorageEvent) => {
    if (event.key !== PLACE) return;
    now = parsed(event.newValue);
    listener();
  };
  listeners.add(listener);
  window.addEventListener("storage", elsewhere);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", elsewhere);
  };
}

export const useChoices = (): Choices => useSyncExternalStore(subscribe, () => now);
