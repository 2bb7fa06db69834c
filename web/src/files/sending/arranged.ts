// In which order uploads are listed: what needs the person, what is under way, what waits, and at last what has ended; else as
// they were added. Pure.
import { ENDED, type State, type UploadShown } from "./kinds.ts";

const NEEDS: ReadonlySet<State> = new Set(["asks", "lost", "failed"]);

export function arranged(uploads: readonly UploadShown[]): UploadShown[] {
  const groups: UploadShown[][] = [[], [], [], []];
  for (const upload of uploads) groups[rankOf(upload)]?.push(upload);
  return groups.flat();
}

function rankOf({ state, sent }: UploadShown): number {
  if (NEEDS.has(state)) return 0;
  if (ENDED.has(state)) return 3;
  // What is paused stays where it was: a row that one clicks should not jump.
  return state === "queued" || (state === "paused" && sent === 0) ? 2 : 1;
}
