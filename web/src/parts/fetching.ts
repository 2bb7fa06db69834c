// What pages are drawn by, fetched when it is needed. A node that is away is waited for: what is on the screen stays, and what
// was asked for comes when the node is back. What a node that answers has no more belongs to another version: that is an error.
import { type AsyncRouteComponent, lazyRouteComponent } from "@tanstack/react-router";
import { type ComponentType, lazy, type ReactNode } from "react";

/** Tries of a part that a node which answers does not give. */
const TRIES = 2;
/** Milliseconds between two questions whether the node is back. */
const FIRST = 500;
const LONGEST = 5_000;

/** React's lazy for the component that a module calls `name`. */
export function lazyPart<Name extends string, Props>(
  load: () => Promise<Record<Name, ComponentType<Props>>>,
  name: Name,
) {
  return lazy(() => fetched(load).then((module) => ({ default: module[name] })));
}

/** The same for what is at an address: the router fetches it before it shows it. */
export function lazyPage<Name extends string, Props>(
  load: () => Promise<Record<Name, (props: Props) => ReactNode>>,
  name: Name,
): AsyncRouteComponent<Props> {
  return lazyRouteComponent<Record<string, (props: Props) => ReactNode>, string>(() => fetched(load), name);
}

/** Ends when it is there, however often it is asked for in vain meanwhile. Rejects with what `load` rejected with. */
export async function fetched<Module>(load: () => Promise<Module>): Promise<Module> {
  let refused = 0; // in a row
  for (;;) {
    try {
      return await load();
    } catch (error) {
      if (!isUnfetched(error)) throw error;
      refused = (await answers()) ? refused + 1 : 0;
      if (refused === TRIES) throw error;
      if (refused === 0) await nodeIsBack();
    }
  }
}

/** Browsers say it in words of their own. */
export function isUnfetched(error: unknown): boolean {
  return /dynamically imported module|importing a module script/i.test(String(error));
}

async function nodeIsBack(): Promise<void> {
  let pause = FIRST;
  do {
    await new Promise((over) => setTimeout(over, pause));
    pause = Math.min(2 * pause, LONGEST);
  } while (!(await answers()));
}

/** Also where something before the node says that it is away. */
async function answers(): Promise<boolean> {
  try {
    return (await fetch("/healthz", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
