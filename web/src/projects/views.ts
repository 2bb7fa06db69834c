// Saved views and addresses: a view keeps what the address of the list says behind its question mark.
import type { View } from "../api/winslow/v1/view_pb.ts";
import { idOf } from "../parts/names.ts";
import type { Asked } from "./criteria.ts";

const KEPT = ["text", "tag", "state", "pipeline", "author", "group", "order"] as const;

/** What a view of what is asked for keeps. */
export function searchOf(asked: Asked): string {
  const kept = KEPT.flatMap((key) => (asked[key] ? [[key, asked[key]] as [string, string]] : []));
  return new URLSearchParams(kept).toString();
}

/** What a view asks for; whatever makes no sense is left out. */
export function askedBy(view: View): Asked {
  const said = new URLSearchParams(view.search);
  const asked = KEPT.flatMap((key) => {
    const value = said.get(key);
    return value ? [[key, value] as const] : [];
  });
  return { ...(Object.fromEntries(asked) as Asked), view: idOf(view.name) };
}

/** By name, one's own and those that others share alike. */
export function inOrder(views: Iterable<View>): View[] {
  return [...views].sort((one, other) => one.displayName.localeCompare(other.displayName));
}
