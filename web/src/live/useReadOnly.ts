// Whether anything can be done now: a node that does not answer, or has lost the cluster, takes no changes, and says why not.
import type { Connection } from "./feed.ts";
import { useLive } from "./Live.tsx";

const REASONS: Partial<Record<Connection, string>> = {
  stale: "This node has lost the cluster: nothing can be changed through it until it is back",
  lost: "The node does not answer: nothing can be changed until it is back",
};

/** Why nothing can be changed now, for a disabled button to say; undefined where it can. */
export function useReadOnly(): string | undefined {
  return useLive((picture) => REASONS[picture.connection]);
}
