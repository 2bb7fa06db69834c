// The page of one project: its head, and under it the tree of its attempts, the same as a list, its runs, and what is known about it.
import { Button, Stack, Tabs } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Project as Message } from "../api/winslow/v1/project_pb.ts";
import { Awaited } from "../parts/Awaited.tsx";
import { Empty } from "../parts/Empty.tsx";
import { projectName } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { TabStrip } from "../parts/TabStrip.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { Attempted } from "./Attempted.tsx";
import { ChoosePipeline } from "./ChoosePipeline.tsx";
import { Details } from "./Details.tsx";
import { Head } from "./Head.tsx";
import { Runs } from "./Runs.tsx";
import { isUnchosen } from "./unchosen.ts";
import { useAttempts } from "./useAttempts.ts";
import { useOwnPipeline, useProject } from "./useProject.ts";

const route = getRouteApi("/projects/$project");

const TABS = [
  ["tree", "Tree"],
  ["list", "List"],
  ["runs", "Runs"],
  ["details", "Details"],
] as const;
type Tab = (typeof TABS)[number][0];

export function Project() {
  const { project: id } = route.useParams();
  const { project, gone } = useProject(projectName(id));
  usePageTitle(project?.displayName ?? id);
  if (project) return <Page key={project.name} project={project} />;
  return gone ? <Gone id={id} /> : <Awaited what="Loading" />;
}

function Page({ project }: { project: Message }) {
  const { tab: asked, run, stage } = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const attempts = useAttempts(project);
  const { pipeline, error } = useOwnPipeline(project);
  const tab = tabOf(asked) ?? (narrow ? "list" : "tree");
  const active = useMemo(() => [...attempts.runs.values()].filter(({ end }) => !end), [attempts.runs]);
  const ready = attempts.ready && (pipeline !== undefined || error !== null);
  return (
    <Stack gap="md">
      <Head project={project} runs={active} />
      <Tabs
        value={tab}
        onChange={(next) => void navigate({ search: (now) => ({ ...now, tab: next ?? undefined }) as typeof now })}
        keepMounted={false}
      >
        <TabStrip at={tab}>
          {TABS.map(([key, word]) => (
            <Tabs.Tab key={key} value={key}>
              {word}
            </Tabs.Tab>
          ))}
        </TabStrip>
        {attempts.error && tab !== "details" ? <ProblemNote error={attempts.error} again={attempts.again} /> : null}
        {error ? <ProblemNote error={error} /> : null}
        <Tabs.Panel value={tab} pt="md">
          {tab === "details" ? (
            <Details project={project} />
          ) : isUnchosen(project) ? (
            <ChoosePipeline project={project} />
          ) : !ready ? (
            <Awaited what="Loading attempts" />
          ) : tab === "runs" ? (
            <Runs
              project={project}
              attempts={attempts}
              run={run}
              show={(next) => void navigate({ search: { tab, ...(next ? { run: next } : {}) } })}
            />
          ) : (
            <Attempted project={project} attempts={attempts} pipeline={pipeline} as={tab} stage={stage} />
          )}
        </Tabs.Panel>
      </Tabs>
      {attempts.more && tab !== "details" ? (
        <Button variant="default" loading={attempts.asking} onClick={attempts.more}>
          Load older attempts
        </Button>
      ) : null}
    </Stack>
  );
}

function tabOf(asked: string | undefined): Tab | undefined {
  return TABS.find(([key]) => key === asked)?.[0];
}

function Gone({ id }: { id: string }) {
  return (
    <Empty
      title={`There is no project ${id}`}
      action={<Button renderRoot={(props) => <Link {...props} to="/projects" />}>To the projects</Button>}
    >
      It was deleted, or the address is mistyped.
    </Empty>
  );
}
