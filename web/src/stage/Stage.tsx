// The page of one attempt: how it is and why on one side, and all that it was given, said, used and left on the others.
import { Anchor, Box, Button, Group, Stack, Tabs, Text, Title } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ComponentType, Suspense } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { useResource, useTable } from "../live/Live.tsx";
import { Awaited } from "../parts/Awaited.tsx";
import { Empty } from "../parts/Empty.tsx";
import { lazyPart } from "../parts/fetching.ts";
import { idOf, projectName, stageName } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { StageMark } from "../parts/StateMark.tsx";
import { TabStrip } from "../parts/TabStrip.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { staleOf } from "../project/shape/stale.ts";
import { useOwnPipeline, useProject } from "../project/useProject.ts";
import { droppedFrom } from "./actions.ts";
import { Overview } from "./Overview.tsx";
import { Signs } from "./Signs.tsx";
import { StageActions } from "./StageActions.tsx";
import { type Shown, TABS, tabOf } from "./tabs.ts";
import { useRun } from "./useRun.ts";
import { useStage } from "./useStage.ts";
import { titleOf } from "./words.ts";

const route = getRouteApi("/projects/$project/stages/$stage");

const OTHERS: Partial<Record<string, ComponentType<Shown>>> = {
  environment: lazyPart(() => import("./Environment.tsx"), "Environment"),
  log: lazyPart(() => import("./LogTab.tsx"), "LogTab"),
  charts: lazyPart(() => import("./ChartsTab.tsx"), "ChartsTab"),
  files: lazyPart(() => import("./FilesTab.tsx"), "FilesTab"),
  election: lazyPart(() => import("./ElectionTab.tsx"), "ElectionTab"),
};

export function Stage() {
  const { project: id, stage: stageId } = route.useParams();
  const { project, gone } = useProject(projectName(id));
  const found = useStage(stageName(id, stageId));
  usePageTitle(found.stage ? titleOf(found.stage) : stageId, project?.displayName ?? id);
  if (gone || found.gone) return <Gone project={id} stage={stageId} whole={gone} />;
  if (found.error) return <ProblemNote error={found.error} again={found.again} />;
  if (!found.stage || !project) return <Awaited what="Loading" />;
  return <Page key={found.stage.name} stage={found.stage} project={project} />;
}

function Page({ stage, project }: { stage: NonNullable<Shown["stage"]>; project: Project }) {
  const { project: id } = route.useParams();
  const { tab: asked } = route.useSearch();
  const navigate = route.useNavigate();
  const tab = tabOf(asked);
  const run = useRun(stage.run);
  const { stage: parent } = useStage(stage.parent ?? "");
  const { pipeline } = useOwnPipeline(project);
  const stale = useIsStale(stage.name) || stage.stale;
  const definitions = pipeline && new Set(pipeline.stages.map(({ name }) => name));
  const around = { stage, project, run, parent, definitions };
  const Other = OTHERS[tab];
  return (
    <Stack gap="md">
      <Box>
        <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/projects/$project" params={{ project: id }} />}>
          {project.displayName}
        </Anchor>
        <Group justify="space-between" align="flex-start">
          <Box>
            <Group gap="sm">
              <Title order={2} style={{ overflowWrap: "anywhere" }}>
                {titleOf(stage)}
              </Title>
              <StageMark state={stage.state} />
              <Signs stage={stage} flags={{ stale, dropped: droppedFrom(project, stage) }} words />
            </Group>
            <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: "anywhere" }}>
              {idOf(stage.name)}
            </Text>
            {stage.definition?.description ? <Text size="sm">{stage.definition.description}</Text> : null}
          </Box>
          <StageActions {...around} />
        </Group>
      </Box>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => void navigate({ search: next && next !== "overview" ? { tab: next } : {} })}
      >
        <TabStrip at={tab}>
          {TABS.map(({ key, word }) => (
            <Tabs.Tab key={key} value={key}>
              {word}
            </Tabs.Tab>
          ))}
        </TabStrip>
        <Tabs.Panel value={tab} pt="md">
          {Other ? (
            <Suspense fallback={<Awaited what="Loading" />}>
              <Other {...around} />
            </Suspense>
          ) : (
            <Overview {...around} />
          )}
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

/** As far as the live records can tell. */
function useIsStale(name: string): boolean {
  const stages = useTable("stage");
  const runs = useTable("run");
  const project = name.slice(0, name.indexOf("/stages/") + 1);
  const own = new Map([...stages].filter(([other]) => other.startsWith(project)));
  return staleOf(own, runs).has(name);
}

function Gone({ project, stage, whole }: { project: string; stage: string; whole: boolean }) {
  const known = useResource("project", projectName(project));
  return (
    <Empty
      title={whole ? `There is no project ${project}` : `There is no stage ${stage}`}
      action={
        <Button
          renderRoot={(props) =>
            known ? (
              <Link {...props} to="/projects/$project" params={{ project }} />
            ) : (
              <Link {...props} to="/projects" />
            )
          }
        >
          {known ? `To ${known.displayName}` : "To the projects"}
        </Button>
      }
    >
      It went with what it belonged to, or the address is mistyped.
    </Empty>
  );
}
