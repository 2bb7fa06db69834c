// Numbers that a pattern finds in the logs of several attempts, going on as the first of them writes more.
import { useEffect, useRef, useState } from "react";
import { useServices } from "../rpc/Rpc.tsx";
import { type Extracted, Extraction, NOTHING } from "./extraction.ts";

/** `wake` changes when more may have been written. */
export function useLogValues(stages: readonly string[], pattern: string, wake: number): ReadonlyMap<string, Extracted> {
  const { logs } = useServices();
  const [found, setFound] = useState<ReadonlyMap<string, Extracted>>(new Map());
  const running = useRef<Extraction[]>([]);
  const asked = stages.join("\n");
  useEffect(() => {
    setFound(new Map());
    running.current = asked.split("\n").map((stage) => {
      const extraction = new Extraction(logs, stage, pattern, (says) =>
        setFound((before) => new Map(before).set(stage, says)),
      );
      void extraction.look();
      return extraction;
    });
    return () => {
      for (const extraction of running.current) extraction.close();
    };
  }, [logs, asked, pattern]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is what wakes
  useEffect(() => {
    for (const extraction of running.current) void extraction.look();
  }, [wake]);
  return new Map(stages.map((stage) => [stage, found.get(stage) ?? NOTHING]));
}
