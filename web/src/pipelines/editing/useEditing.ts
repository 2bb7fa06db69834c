// A file that is being changed, with its draft kept as one writes.
import { useCallback, useEffect, useRef, useState } from "react";
import { drafts } from "./drafts.ts";
import { type Base, changed, type Editing, opened, told, typed } from "./editing.ts";

/** Milliseconds after the last letter until a draft is kept. */
const PAUSE = 400;

export interface BeingEdited {
  editing: Editing;
  dirty: boolean;
  /** When the draft was kept that this began from, in milliseconds; undefined when it began from what there is. */
  restored: number | undefined;
  type: (text: string) => void;
  /** Another state of it altogether: saved, discarded, a conflict dealt with. */
  become: (next: Editing) => void;
}

/** `name` is what drafts are kept by. With `asIs`, what the cluster tells is not taken in: something is being saved. */
export function useEditing(name: string, base: Base, asIs = false): BeingEdited {
  const [begun] = useState(() => {
    const draft = drafts.kept(name);
    const editing = opened(base, draft);
    return { editing, restored: draft && changed(editing) ? draft.time : undefined };
  });
  const [editing, setEditing] = useState(begun.editing);
  const [restored, setRestored] = useState(begun.restored);
  const { text, revision } = base;
  useEffect(() => {
    if (!asIs) setEditing((now) => told(now, { text, revision }));
  }, [text, revision, asIs]);
  useKept(name, editing);
  const type = useCallback((text: string) => setEditing((now) => typed(now, text)), []);
  const become = useCallback((next: Editing) => {
    setRestored(undefined);
    setEditing(next);
  }, []);
  return { editing, dirty: changed(editing), restored, type, become };
}

/** Keeps what is not saved: a while after the last letter, and at once when the page goes. */
function useKept(name: string, editing: Editing): void {
  const last = useRef(editing);
  const write = useCallback(() => {
    const { text, base } = last.current;
    if (changed(last.current)) drafts.keep(name, { text, base, time: Date.now() });
    else drafts.forget(name);
  }, [name]);
  useEffect(() => {
    if (last.current === editing) return;
    last.current = editing;
    const timer = setTimeout(write, PAUSE);
    return () => clearTimeout(timer);
  }, [editing, write]);
  useEffect(() => {
    window.addEventListener("pagehide", write);
    return () => {
      window.removeEventListener("pagehide", write);
      write();
    };
  }, [write]);
}
