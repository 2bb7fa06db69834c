// One setting of the cluster, and what a person makes of it: written with the revision that they began from, so that nobody writes
// over what somebody else changed meanwhile without seeing it.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useAct } from "../rpc/useAct.ts";

interface Edited<Value, Draft> {
  draft: Draft;
  /** What there was when the person began. */
  base: Value;
}

export interface Setting<Value, Draft> {
  /** What there is now; undefined until it was read. */
  value: Value | undefined;
  error: unknown;
  busy: boolean;
  /** What the person makes of it; undefined while they change nothing. */
  draft: Draft | undefined;
  edit(draft: Draft): void;
  undo(): void;
  again(): void;
  /** Somebody else changed it since the person began; `value` is what they made of it. */
  conflict: boolean;
  /** Writes the draft; `over` what somebody else made of it meanwhile. */
  save(over?: boolean): Promise<void>;
}

interface Asked<Value, Draft> {
  what: string;
  key: string;
  read: () => Promise<Value>;
  write: (change: { draft: Draft; base: Value; requestId: string; expectedRevision: bigint }) => Promise<Value>;
  /** The revision that the stream tells of, where it does: a later one is read at once. */
  told?: bigint | undefined;
}

export function useSetting<Value extends { revision: bigint }, Draft>(
  asked: Asked<Value, Draft>,
): Setting<Value, Draft> {
  const { what, key, read, write, told } = asked;
  const { data, error, refetch } = useQuery({ queryKey: ["settings", key], queryFn: read, staleTime: 0 });
  const { act, busy } = useAct();
  const [edited, setEdited] = useState<Edited<Value, Draft>>();
  const [conflict, setConflict] = useState(false);
  const behind = told !== undefined && data !== undefined && told > data.revision;
  useEffect(() => {
    if (behind) void refetch();
  }, [behind, refetch]);
  const undo = () => {
    setEdited(undefined);
    setConflict(false);
  };
  const save = async (over = false) => {
    if (!edited || !data) return;
    const base = over ? data : edited.base;
    const saved = await act(
      what,
      (requestId) => write({ draft: edited.draft, base, requestId, expectedRevision: base.revision }),
      "Saved",
      ({ reason }) => {
        if (reason !== "REVISION_MISMATCH") return false;
        void refetch().then(() => setConflict(true));
        return true;
      },
    );
    if (!saved) return;
    await refetch();
    undo();
  };
  return {
    value: data,
    error,
    busy,
    draft: edited?.draft,
    edit: (draft) => data && setEdited({ draft, base: edited?.base ?? data }),
    undo,
    again: () => void refetch(),
    conflict,
    save,
  };
}
