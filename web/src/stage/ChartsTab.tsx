// What an attempt's log and tables say over time, and what it used; beside others that were picked, in the address.
import { MultiSelect, Stack } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { StageCharts } from "../charts/StageCharts.tsx";
import { idOf, projectOf, stageName } from "../parts/names.ts";
import { STAGE_MARKS } from "../parts/StateMark.tsx";
import type { Shown } from "./tabs.ts";
import { useOthers } from "./useOthers.ts";

const route = getRouteApi("/projects/$project/stages/$stage");
const MOST = 5;

export function ChartsTab({ stage }: Shown) {
  const { with: picked = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const known = useOthers(stage);
  const project = projectOf(stage.name);
  const others = useMemo(
    () =>
      picked
        .split(",")
        .filter(Boolean)
        .slice(0, MOST)
        .map((id) => stageName(project, id)),
    [picked, project],
  );
  const choices = [...known.values()]
    .filter((other) => other.definition?.name === stage.definition?.name && other.name !== stage.name)
    .reverse()
    .map((other) => ({
      value: idOf(other.name),
      label: `${idOf(other.name)} (${STAGE_MARKS[other.state].word.toLowerCase()})`,
    }));
  return (
    <Stack gap="md">
      {choices.length ? (
        <MultiSelect
          label="Beside other attempts"
          placeholder={others.length ? "" : "Pick attempts to lay over it"}
          data={choices}
          value={others.map(idOf)}
          maxValues={MOST}
          searchable
          clearable
          maw={640}
          onChange={(ids) =>
            void navigate({
              search: ({ with: _, ...now }) => (ids.length ? { ...now, with: ids.join(",") } : now),
              replace: true,
            })
          }
        />
      ) : null}
      <StageCharts stage={stage.name} others={others} />
    </Stack>
  );
}
