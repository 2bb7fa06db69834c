// Which tabs of this browser are open: an upload that another one sends is not taken over.

const PREFIX = "winslow-tab-";
const BEAT = 10_000;
/** Browsers let the clocks of tabs that nobody sees tick once a minute. */
const SILENT = 150_000;

/** Says that this tab is open, for as long as it is. */
export function announce(tab: string): void {
  if (navigator.locks) {
    void navigator.locks.request(PREFIX + tab, () => new Promise(() => {}));
    return;
  }
  const beat = () => localStorage.setItem(PREFIX + tab, String(Date.now()));
  beat();
  setInterval(beat, BEAT);
  window.addEventListener("pagehide", () => localStorage.removeItem(PREFIX + tab));
}

/** Those of `tabs` that are open. */
export async function openOnes(tabs: Iterable<string>): Promise<Set<string>> {
  if (navigator.locks) {
    const { held } = await navigator.locks.query();
    const names = new Set(held?.map(({ name }) => name));
    return new Set([...tabs].filter((tab) => names.has(PREFIX + tab)));
  }
  const now = Date.now();
  return new Set([...tabs].filter((tab) => now - Number(localStorage.getItem(PREFIX + tab) ?? 0) < SILENT));
}
