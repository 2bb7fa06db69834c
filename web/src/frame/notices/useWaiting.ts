// How many projects wait for a person, counted once for all who ask.
import type { Picture } from "../../live/feed.ts";
import { useLive } from "../../live/Live.tsx";
import { waitingIn } from "./news.ts";

let counted: { of: Picture["tables"]["project"]; count: number } | undefined;

function count({ tables: { project } }: Picture): number {
  if (!project) return 0;
  if (counted?.of !== project) counted = { of: project, count: waitingIn(project) };
  return counted.count;
}

export const useWaiting = (): number => useLive(count);
