// A run wherever it is: live as the stream tells it, or from its project's history, asked for once.
import { useQuery } from "@tanstack/react-query";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import { useDetails, useResource } from "../live/Live.tsx";
import { projectName, projectOf } from "../parts/names.ts";
import { useServices } from "../rpc/Rpc.tsx";

/** The run called `name`; undefined while it is not known. */
export function useRun(name: string): Run | undefined {
  const { runs } = useServices();
  const told = useDetails(name && projectName(projectOf(name)));
  const live = useResource("run", name);
  const asked = useQuery({
    queryKey: ["run", name],
    queryFn: ({ signal }) => runs.getRun({ name }, { signal }),
    enabled: Boolean(name) && told && !live,
  });
  return live ?? asked.data;
}
