// Starting a run: where, from whose workspace and with what, while it is said what that would do. A redo and a sweep are starts.
import { Anchor, Button, Stack, Title } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useDetails, useTable } from "../live/Live.tsx";
import { Awaited } from "../parts/Awaited.tsx";
import { Empty } from "../parts/Empty.tsx";
import { projectName, stageName } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { isUnchosen } from "../project/unchosen.ts";
import { givenId } from "./address.ts";
import { StartForm } from "./StartForm.tsx";
import { useGround } from "./useGround.ts";

const route = getRouteApi("/projects/$project/start");

export function StartRun() {
  const { project: id } = route.useParams();
  const search = route.useSearch();
  const name = projectName(id);
  const told = useDetails(name);
  const redo = search.redo ? stageName(id, givenId(search.redo)) : "";
  const ground = useGround(name, redo);
  const stages = useTable("stage");
  const mine = useMemo(() => [...stages.values()].filter((stage) => stage.name.startsWith(`${name}/`)), [stages, name]);
  const called = ground.project?.displayName ?? id;
  usePageTitle(redo ? `Redo ${givenId(redo)}` : "Start", called);
  if (ground.gone) {
    return (
      <Empty title="There is no such project" action={<Link to="/projects">To the projects</Link>}>
        It may have been deleted.
      </Empty>
    );
  }
  return (
    <Stack gap="md">
      <div>
        <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/projects/$project" params={{ project: id }} />}>
          {called}
        </Anchor>
        <Title order={2}>{redo ? `Redo ${givenId(redo)}` : "Start a run"}</Title>
      </div>
      {ground.error ? <ProblemNote error={ground.error} /> : null}
      {ground.project && isUnchosen(ground.project) ? (
        <Empty
          title="It has no pipeline yet"
          action={
            <Button renderRoot={(props) => <Link {...props} to="/projects/$project" params={{ project: id }} />}>
              Choose a pipeline
            </Button>
          }
        >
          A pipeline says what is to be done with the project's files. Nothing can be started before one was chosen.
        </Empty>
      ) : ground.project && ground.spec && ground.presets && told ? (
        <StartForm
          key={redo}
          project={ground.project}
          spec={ground.spec}
          revision={ground.revision}
          presets={ground.presets}
          again={ground.again}
          redo={redo}
          stages={mine}
        />
      ) : ground.error ? null : (
        <Awaited what="Loading the form" />
      )}
    </Stack>
  );
}
