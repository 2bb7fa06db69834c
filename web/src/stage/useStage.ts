// One attempt wherever it is: among the live records as the stream tells them, or in its project's history, asked for once.
import { Code, ConnectError } from "@connectrpc/connect";
import { useQuery } from "@tanstack/react-query";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { useDetails, useResource } from "../live/Live.tsx";
import { projectName, projectOf } from "../parts/names.ts";
import { useServices } from "../rpc/Rpc.tsx";

export interface FoundStage {
  stage: Stage | undefined;
  /** It is not known yet whether there is one. */
  waiting: boolean;
  /** Neither the records nor the history have it. */
  gone: boolean;
  /** Why it could not be asked for; a stage that is gone is none. */
  error: unknown;
  again: () => void;
}

/** The stage called `name` (`projects/P/stages/S`), kept up to date while it is live; "" for none. */
export function useStage(name: string): FoundStage {
  const { stages } = useServices();
  const told = useDetails(name && projectName(projectOf(name)));
  const live = useResource("stage", name);
  const asked = useQuery({
    queryKey: ["stage", name],
    queryFn: ({ signal }) => stages.getStage({ name }, { signal }),
    enabled: Boolean(name) && told && !live,
  });
  const missing = asked.error !== null && isMissing(asked.error);
  const stage = live ?? (name ? asked.data : undefined);
  return {
    stage,
    waiting: Boolean(name) && !stage && !asked.error,
    gone: !stage && missing,
    error: stage || missing ? null : asked.error,
    again: () => void asked.refetch(),
  };
}

function isMissing(error: unknown): boolean {
  return ConnectError.from(error).code === Code.NotFound;
}
