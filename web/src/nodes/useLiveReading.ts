// What nodes use now, asked only of those that stay in sight: who scrolls past a thousand of them asks for none.
import { useEffect, useState } from "react";
import type { Reading } from "../api/winslow/v1/node_pb.ts";
import { time } from "./curves.ts";

/** Milliseconds for which nothing comes into sight until what is there is asked for. */
const CALM = 600;
const waiting = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Whether what calls it stays in sight: told to all that came into sight at once, since each asking begins the stream anew. */
export function useInSight(): boolean {
  const [stays, setStays] = useState(false);
  useEffect(() => {
    const settle = () => setStays(true);
    waiting.add(settle);
    clearTimeout(timer);
    timer = setTimeout(() => {
      for (const one of waiting) one();
      waiting.clear();
    }, CALM);
    return () => void waiting.delete(settle);
  }, []);
  return stays;
}

/** Seconds of live readings that are kept while a node is looked at. */
const MOST = 3_600;

/** All that was told while one looks, the latest last; from the beginning when `subject` is another. */
export function useGathered(subject: string, reading: Reading | undefined): readonly Reading[] {
  const [gathered, setGathered] = useState<{ subject: string; readings: readonly Reading[] }>({
    subject,
    readings: [],
  });
  useEffect(() => {
    setGathered((before) => added(before.subject === subject ? before.readings : [], subject, reading));
  }, [subject, reading]);
  return gathered.subject === subject ? gathered.readings : [];
}

function added(before: readonly Reading[], subject: string, reading: Reading | undefined) {
  const last = before.at(-1);
  if (!reading || (last && time(last) >= time(reading))) return { subject, readings: before };
  return { subject, readings: [...before.slice(-MOST + 1), reading] };
}
