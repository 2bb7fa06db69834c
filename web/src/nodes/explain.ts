// What the nodes answered to a stage, in an order and in words for people. A thousand nodes that say the same are one line.
import type { Bid } from "../api/winslow/v1/election_pb.ts";
import { idOf } from "../parts/names.ts";

/** `able`: it could take it now. `later`: it could, but for what is in the way now. `never`: not even with nothing else on it. */
export type Verdict = "able" | "later" | "never";

export interface Answer {
  verdict: Verdict;
  /** Ids, the best first where they are able, by name otherwise. */
  nodes: readonly string[];
  /** Why not; empty for those that are able. */
  lacks: readonly string[];
}

const ORDER: readonly Verdict[] = ["able", "later", "never"];

/** Nodes with the same answer together: first those that could, last those that never can. */
export function answers(bids: readonly Bid[]): Answer[] {
  const groups = new Map<string, { verdict: Verdict; bids: Bid[] }>();
  for (const bid of bids) {
    const verdict: Verdict = bid.lacks.length === 0 ? "able" : bid.hopeless ? "never" : "later";
    const key = JSON.stringify([verdict, bid.lacks]);
    const group = groups.get(key);
    if (group) group.bids.push(bid);
    else groups.set(key, { verdict, bids: [bid] });
  }
  return [...groups.values()]
    .map(({ verdict, bids }) => ({
      verdict,
      nodes: bids
        .sort((one, other) => other.score - one.score || byName(one.node, other.node))
        .map((bid) => idOf(bid.node)),
      lacks: bids[0]?.lacks ?? [],
    }))
    .sort(
      (one, other) =>
        ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict) || other.nodes.length - one.nodes.length,
    );
}

/** A remedy and the command that does it: "Go on: winslowctl run resume p" has both. */
export function remedy(text: string): { said: string; command: string } {
  const [, said, command] = /^(.*?):? (winslowctl .*)$/s.exec(text) ?? [];
  return said !== undefined && command !== undefined ? { said, command } : { said: text, command: "" };
}

/** A sentence of it: reasons begin small and end without a full stop. */
export function sentence(text: string): string {
  const whole = text.trim();
  if (!whole) return "";
  return whole[0]?.toUpperCase() + whole.slice(1) + (/[.!?]$/.test(whole) ? "" : ".");
}

/** "next in the queue", "3rd of 12 that wait"; "" when it does not wait. */
export function placeInQueue(position: number, length: number): string {
  if (position <= 0) return "";
  if (position === 1) return length === 1 ? "The only one that waits" : `Next of ${length} that wait`;
  return `Number ${position} of ${length} that wait`;
}

const byName = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
