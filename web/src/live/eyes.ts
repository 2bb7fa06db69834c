// Whether anybody looks. A browser has six connections for all tabs of a page, so a tab that nobody sees gives its own back;
// one of them goes on nevertheless, to tell a person who looks elsewhere that somebody is waited for.
import type { Feed } from "./feed.ts";

/** Milliseconds out of sight after which the stream is let go. */
const PATIENCE = 30_000;
const LISTENER = "winslow-listens-unseen";

/** Whether this tab is the one of all tabs that goes on unseen: what is told once, it tells. */
export const unseen = { listens: false };

/** Puts the feed to sleep and wakes it, until `signal` aborts. */
export function watchingEyes(feed: Feed, signal: AbortSignal): void {
  let listens = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (!document.hidden || listens) feed.awake();
    else timer = setTimeout(() => feed.sleep(), PATIENCE);
  };
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  // Held by one tab as long as it is open; where there are no locks (pages that came in clear), every tab sleeps.
  navigator.locks
    ?.request(LISTENER, { signal }, () => {
      listens = unseen.listens = true;
      look();
      return new Promise<void>((done) =>
        signal.addEventListener("abort", () => {
          unseen.listens = false;
          done();
        }),
      );
    })
    .catch(() => undefined); // only when it is given up
}
