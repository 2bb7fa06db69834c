// Doing one thing to many: a few at a time, each told when it is through, and what failed kept with its reason. Whoever leaves
// in the middle has done what was done by then.
import { type Problem, problemOf } from "../rpc/problem.ts";

/** Calls under way at a time: a browser has six connections, and one of them is the stream. */
export const AT_ONCE = 3;

export interface Refusal<Item> {
  item: Item;
  problem: Problem;
}

export interface Bulk<Item> {
  total: number;
  done: number;
  refused: readonly Refusal<Item>[];
  /** Nothing is under way any more. */
  over: boolean;
  /** It was stopped before it was through. */
  stopped: boolean;
}

/** Does `act` to each of `items`, and tells how far it is; `signal` keeps those that have not begun from beginning. */
export async function inBulk<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<unknown>,
  told: (now: Bulk<Item>) => void,
  signal?: AbortSignal,
): Promise<Bulk<Item>> {
  let now: Bulk<Item> = { total: items.length, done: 0, refused: [], over: false, stopped: false };
  const tell = (change: Partial<Bulk<Item>>) => {
    now = { ...now, ...change };
    told(now);
  };
  tell({});
  const left = items.values();
  const hand = async () => {
    for (const item of left) {
      if (signal?.aborted) return;
      try {
        await act(item);
        tell({ done: now.done + 1 });
      } catch (error) {
        tell({ refused: [...now.refused, { item, problem: problemOf(error) }] });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, hand));
  tell({ over: true, stopped: now.done + now.refused.length < items.length });
  return now;
}
