// What this tab sends to the cluster, whichever page one is on: its one store of uploads. Others use only this module.
import { servicesAt } from "../rpc/services.ts";
import { UploadStore } from "./sending/store.ts";

export type { Existing, Snapshot, UploadShown, Wish } from "./sending/kinds.ts";
export { chosen, dropped } from "./sending/walk.ts";

/** The tab's; nothing is asked or remembered until it is used. */
export const uploads = new UploadStore(() => servicesAt(window.location.origin));

// Closing the page stops what goes on: it can be taken up later, but the person should know.
window.addEventListener("beforeunload", (event) => {
  if (uploads.snapshot().busy) event.preventDefault();
});
