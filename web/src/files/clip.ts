// What was cut or copied among the files, to be put elsewhere: this tab's own, since a browser's clipboard knows no places.

export interface Clip {
  how: "cut" | "copied";
  paths: readonly string[];
}

let held: Clip | undefined;
const listeners = new Set<() => void>();

export const clip = {
  now: (): Clip | undefined => held,
  hold(next: Clip | undefined): void {
    held = next?.paths.length ? next : undefined;
    for (const listener of listeners) listener();
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** Of what is dragged from the list onto a folder. */
export const DRAGGED = "application/x-winslow-paths";
