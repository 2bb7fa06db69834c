// Marks of patterns in the lines in sight, looked for in a worker.
import { useEffect, useReducer, useState } from "react";
import type { Found } from "./line.ts";
import { Marker, type Worker as Marking } from "./marker.ts";
import type { Pattern } from "./patterns.ts";

export interface Marked {
  found: (text: string) => readonly Found[];
  slow: ReadonlySet<string>;
}

const made = (): Marking => new Worker(new URL("./marking.worker.ts", import.meta.url), { type: "module" });

export function useMarker(patterns: readonly (Pattern | undefined)[], texts: readonly string[]): Marked {
  const [, changed] = useReducer((count: number) => count + 1, 0);
  const [marker] = useState(() => new Marker(made, changed));
  useEffect(() => () => marker.close(), [marker]);
  useEffect(() => marker.use(patterns), [marker, patterns]);
  useEffect(() => marker.look(texts));
  return { found: (text) => marker.found(text), slow: marker.slow };
}
