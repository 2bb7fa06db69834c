// What a person asks of the list of projects, as the address says it.
import { ProjectState } from "../api/winslow/v1/project_pb.ts";

/** The search part of the list's address; all of it may be missing. */
export interface Asked {
  text?: string;
  tag?: string;
  state?: string;
  pipeline?: string;
  author?: string;
  /** "tag", or nothing. */
  group?: string;
  /** A column, with "-" before it to turn it around. */
  order?: string;
  /** The saved view that all this came from. */
  view?: string;
}

/** What to ask for otherwise; undefined asks for it no longer. */
export type Change = { [Key in keyof Asked]?: Asked[Key] | undefined };

/** What is asked for after a change; it is no longer the saved view that it came from. */
export function changed(asked: Asked, change: Change): Asked {
  const all = Object.entries({ ...asked, view: undefined, ...change });
  return Object.fromEntries(all.filter(([, value]) => value)) as Asked;
}

export const ORDERS = ["change", "name", "state", "progress", "end", "pipeline", "author"] as const;
export type Order = (typeof ORDERS)[number];

export interface Criteria {
  /** In small letters; each must be found. */
  words: readonly string[];
  tag: string;
  pipeline: string;
  author: string;
  state: ProjectState | undefined;
  order: Order;
  /** Largest, or latest, first. */
  down: boolean;
}

/** States as addresses have them. */
export const STATE_WORDS: Record<string, ProjectState> = {
  waits: ProjectState.AWAITING_INPUT,
  running: ProjectState.RUNNING,
  failed: ProjectState.FAILED,
  paused: ProjectState.PAUSED,
  succeeded: ProjectState.SUCCEEDED,
  idle: ProjectState.IDLE,
};

/** How an order begins when a person first asks for it: what is of interest on top. */
const DOWN: Record<Order, boolean> = {
  change: true,
  name: false,
  state: false,
  progress: true,
  end: false,
  pipeline: false,
  author: false,
};

export function criteriaOf(asked: Change): Criteria {
  const { order, down } = orderOf(asked.order);
  return {
    words: wordsOf(asked.text ?? ""),
    tag: asked.tag ?? "",
    pipeline: asked.pipeline ?? "",
    author: asked.author ?? "",
    state: asked.state && Object.hasOwn(STATE_WORDS, asked.state) ? STATE_WORDS[asked.state] : undefined,
    order,
    down,
  };
}

export function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

function orderOf(said: string | undefined): { order: Order; down: boolean } {
  const name = said?.replace(/^-/, "");
  const order = ORDERS.find((one) => one === name) ?? "change";
  return { order, down: said?.startsWith("-") ? !DOWN[order] : DOWN[order] };
}

/** What the address says when a person clicks on a column: it is asked for, or turned around. */
export function turned(said: string | undefined, clicked: Order): string | undefined {
  const { order } = orderOf(said);
  const next = order === clicked && !said?.startsWith("-") ? `-${clicked}` : clicked;
  return next === "change" ? undefined : next;
}

/** Whether two ask for the same projects in the same order, states apart. */
export function sameButState(one: Criteria, other: Criteria): boolean {
  return (
    one.tag === other.tag &&
    one.pipeline === other.pipeline &&
    one.author === other.author &&
    one.order === other.order &&
    one.down === other.down &&
    one.words.join(" ") === other.words.join(" ")
  );
}

/** Whether anything is left out at all. */
export function isFiltering({ words, tag, pipeline, author, state }: Criteria): boolean {
  return words.length > 0 || tag !== "" || pipeline !== "" || author !== "" || state !== undefined;
}
