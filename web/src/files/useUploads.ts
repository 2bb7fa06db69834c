// The tab's uploads, for whatever is drawn of them.
import { useEffect, useSyncExternalStore } from "react";
import type { Snapshot } from "./sending/kinds.ts";
import { uploads } from "./uploads.ts";

export function useUploads(): Snapshot {
  useEffect(() => void uploads.begin(), []);
  return useSyncExternalStore(uploads.subscribe, uploads.snapshot);
}
