// Other attempts of the same project that are live records or were asked for: what one is compared with, and what came of it.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { useTable } from "../live/Live.tsx";
import { projectName, projectOf } from "../parts/names.ts";
import { merged } from "../project/history.ts";
import { useServices } from "../rpc/Rpc.tsx";

const PAGE = 200;

/** Attempts at the same definition, from the history too, and all live ones of the project, by name. */
export function useOthers(stage: Stage): ReadonlyMap<string, Stage> {
  const { stages } = useServices();
  const live = useTable("stage");
  const project = projectName(projectOf(stage.name));
  const definition = stage.definition?.name ?? "";
  const asked = useQuery({
    queryKey: ["attempts-at", project, definition],
    queryFn: ({ signal }) =>
      stages.listStages(
        { parent: project, pageSize: PAGE, filter: `definition = ${definition}`, orderBy: "create_time desc" },
        { signal },
      ),
    enabled: Boolean(definition),
  });
  return useMemo(() => merged(live, asked.data?.stages ?? [], `${project}/stages/`), [live, asked.data, project]);
}
