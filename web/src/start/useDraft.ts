// The draft of one start form: filled in by the address once, kept through reloads, forgotten when it was sent.
import { useCallback, useEffect, useState } from "react";
import { type Change, type Draft, drafted, EMPTY, keep, kept, type Prefill, prefilled } from "./draft.ts";
import type { Preset } from "./layers.ts";
import { requirementsOf } from "./requirements.ts";

export interface Drafting {
  draft: Draft;
  /** It was there before this page was opened. */
  restored: boolean;
  change: (definition: string, change: Change) => void;
  put: (change: Partial<Draft>) => void;
  clear: () => void;
}

/** `key` says what the form is for; another one is another draft. `preset` is of the stage that `prefill` is for. */
export function useDraft(key: string, prefill: Prefill, preset: Preset | undefined): Drafting {
  const [held, setHeld] = useState(() => begun(key));
  if (held.key !== key) setHeld(begun(key));
  const { draft, restored } = held;
  const hold = useCallback(
    (next: (draft: Draft) => Draft) => setHeld((now) => ({ ...now, draft: next(now.draft) })),
    [],
  );
  if (preset) {
    const filled = prefilled(draft, prefill, requirementsOf(preset.resources));
    if (filled !== draft) hold(() => filled);
  }
  useEffect(() => keep(sessionStorage, key, draft), [key, draft]);
  const change = useCallback((definition: string, one: Change) => hold((now) => drafted(now, definition, one)), [hold]);
  const put = useCallback((one: Partial<Draft>) => hold((now) => ({ ...now, ...one })), [hold]);
  const clear = useCallback(() => {
    setHeld((now) => ({ ...now, restored: false, draft: { ...EMPTY, prefilled: now.draft.prefilled } }));
  }, []);
  return { draft, restored, change, put, clear };
}

function begun(key: string) {
  const draft = kept(sessionStorage, key);
  return { key, draft, restored: draft !== EMPTY };
}
