// Which project the guide leads through, if any: this browser's own matter, kept across pages and visits.

const KEY = "winslow.guide";
const listeners = new Set<() => void>();

/** The project's id; "" when nobody is to be led. */
export function guided(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // a browser that keeps nothing
  }
}

export function begin(project: string): void {
  keep(() => localStorage.setItem(KEY, project));
}

/** The guide is not shown any more. */
export function end(): void {
  keep(() => localStorage.removeItem(KEY));
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function keep(change: () => void): void {
  try {
    change();
  } catch {
    // as above
  }
  for (const listener of listeners) listener();
}
