// A project's own copy of a pipeline: read, changed, and replaced by a newer version once the difference was seen.
import { equals } from "@bufbuild/protobuf";
import { Alert, Anchor, Badge, Button, Group, Skeleton, Stack, Tabs, Text, Title } from "@mantine/core";
import { IconSparkles } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { PipelineSpecSchema } from "../api/winslow/v1/pipeline_pb.ts";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { useLive, useResource } from "../live/Live.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { TabStrip } from "../parts/TabStrip.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { Conflict } from "./editing/Conflict.tsx";
import { type Base, BEGINNING, discarded, saved } from "./editing/editing.ts";
import { ImportButton } from "./editing/files.tsx";
import { LeaveGuard } from "./editing/LeaveGuard.tsx";
import { type BeingEdited, useEditing } from "./editing/useEditing.ts";
import { useParsed } from "./editing/useParsed.ts";
import { useBase } from "./editing/useRendered.ts";
import { Workbench } from "./editing/Workbench.tsx";
import { GraphTab } from "./GraphTab.tsx";
import { Source } from "./Source.tsx";

const route = getRouteApi("/projects/$project/pipeline");
const TABS = ["graph", "text", "source"] as const;
type Tab = (typeof TABS)[number];

export function ProjectPipeline() {
  const { project: id } = route.useParams();
  const name = `projects/${id}`;
  const shown = useResource("project", name);
  const complete = useLive((picture) => picture.complete);
  usePageTitle("Pipeline", shown?.displayName ?? id);
  const { data: project, error, refetch } = useWhole(name, shown?.revision);
  const { data: written } = useBase(name, project?.revision, project?.pipeline);
  const nothing = useMemo(() => ({ text: BEGINNING, revision: project?.revision ?? 0n }), [project?.revision]);
  const base = project && !project.pipeline ? nothing : written;
  if (complete && !shown) return <Gone id={id} />;
  if (error && !project) return <ProblemNote error={error} again={() => void refetch()} />;
  if (!project || !base) return <Skeleton height={240} role="status" aria-label="Loading the project's pipeline" />;
  return <Shown key={name} project={project} base={base} />;
}

/** The project with its pipeline, which the stream leaves out; asked again when it has changed. */
function useWhole(name: string, revision: bigint | undefined) {
  const { projects } = useServices();
  return useQuery({
    queryKey: ["project", name, String(revision)],
    queryFn: ({ signal }) => projects.getProject({ name }, { signal }),
    enabled: revision !== undefined,
    placeholderData: (before) => (before?.name === name ? before : undefined),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function Shown({ project, base }: { project: Project; base: Base }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const saving = useSaving(project);
  const being = useEditing(`${project.name}/pipeline`, base, saving.busy);
  const first: Tab = project.pipeline ? "graph" : "source";
  const tab: Tab = TABS.find((one) => one === search.tab) ?? first;
  const go = (tab: string | null) => void navigate({ search: tab && tab !== first ? { tab } : {} });
  return (
    <Stack gap="md">
      <Head project={project} onCompare={() => go("source")} />
      <LeaveGuard dirty={being.dirty} drop={() => being.become(discarded(being.editing))} />
      <Tabs value={tab} onChange={go} keepMounted={false}>
        <TabStrip at={tab} mb="md">
          <Tabs.Tab value="graph">Graph</Tabs.Tab>
          <Tabs.Tab value="text">{being.dirty ? "Text (not saved)" : "Text"}</Tabs.Tab>
          <Tabs.Tab value="source">{project.pipeline ? "Take another" : "Choose one"}</Tabs.Tab>
        </TabStrip>
        <Tabs.Panel value="graph">
          {project.pipeline ? (
            <GraphTab
              spec={project.pipeline}
              stage={search.stage}
              onStage={(stage) => void navigate({ search: stage ? { stage } : {}, replace: true })}
            />
          ) : (
            <Empty title="No pipeline yet" action={<Button onClick={() => go("source")}>Choose one</Button>}>
              Take a stored one, or write one that is this project's own.
            </Empty>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="text">
          {being.editing.theirs ? (
            <Conflict being={being} theirs="What the project has now" />
          ) : (
            <TextTab project={project} being={being} saving={saving} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="source">
          <Source
            project={project}
            version={search.version}
            onVersion={(version) => void navigate({ search: { tab: "source", version }, replace: true })}
            dirty={being.dirty}
          />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

interface Saving {
  busy: boolean;
  save: (being: BeingEdited) => Promise<void>;
}

function useSaving(project: Project): Saving {
  const { projects, pipelines } = useServices();
  const { busy, act } = useAct();
  const save = async ({ editing, become }: BeingEdited) => {
    const made = await act("Save", async (requestId) => {
      const { spec } = await pipelines.parsePipeline({ yaml: editing.text });
      if (!spec) return undefined; // what is wrong is told beside the text
      const now = await projects.updateProject({
        requestId,
        project: { name: project.name, pipeline: spec },
        updateMask: { paths: ["pipeline"] },
        expectedRevision: editing.base.revision,
      });
      const { yaml } = await pipelines.renderPipeline({ spec: now.pipeline ?? spec });
      return { text: yaml, revision: now.revision };
    });
    if (made) become(saved(made));
  };
  return { busy, save };
}

function TextTab({ project, being, saving }: { project: Project; being: BeingEdited; saving: Saving }) {
  const parsed = useParsed(being.editing.text);
  const { spec, problems, behind } = parsed;
  const same = spec && project.pipeline ? equals(PipelineSpecSchema, spec, project.pipeline) : false;
  const ready = (being.dirty || !project.pipeline) && Boolean(spec) && !problems.length && !behind && !same;
  const save = () => void (ready && saving.save(being));
  return (
    <Workbench label="The project's own pipeline" being={being} parsed={parsed} onSave={save}>
      <Group gap="xs">
        <Button size="xs" disabled={!ready} loading={saving.busy} onClick={save}>
          Save for this project
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={!being.dirty || saving.busy}
          onClick={() => being.become(discarded(being.editing))}
        >
          Discard changes
        </Button>
        <ImportButton onText={being.type} />
      </Group>
      <Text size="xs">
        It is this project's own: no other project changes. Stages that have started stay as they are; those that start
        later are as written here. Winslow keeps what the file says, not its comments.
      </Text>
    </Workbench>
  );
}

function Head({ project, onCompare }: { project: Project; onCompare: () => void }) {
  const source = useResource("pipeline", project.source ?? "");
  const id = idOf(project.name);
  const newer = source && source.version > project.sourceVersion;
  return (
    <Stack gap={4}>
      <Anchor
        size="sm"
        w="fit-content"
        renderRoot={(props) => <Link to="/projects/$project" params={{ project: id }} {...props} />}
      >
        {project.displayName || id}
      </Anchor>
      <Group gap="sm" align="baseline">
        <Title order={2}>The project's pipeline</Title>
        {project.source ? (
          <Text size="sm" component="span">
            A copy of{" "}
            {source ? (
              <Anchor
                size="sm"
                renderRoot={(props) => (
                  <Link to="/pipelines/$pipeline" params={{ pipeline: idOf(project.source ?? "") }} {...props} />
                )}
              >
                {idOf(project.source)}
              </Anchor>
            ) : (
              `${idOf(project.source)}, which was deleted`
            )}
          </Text>
        ) : null}
        {project.source ? (
          <Badge variant="default" tt="none">
            Version {String(project.sourceVersion)}
          </Badge>
        ) : null}
      </Group>
      {newer ? (
        <Alert variant="light" p="xs" icon={<IconSparkles size={18} aria-hidden />}>
          <Group gap="sm">
            <Text size="sm">Version {String(source.version)} is there now.</Text>
            <Button size="compact-sm" variant="default" onClick={onCompare}>
              See what differs
            </Button>
          </Group>
        </Alert>
      ) : null}
    </Stack>
  );
}

const Gone = ({ id }: { id: string }) => (
  <Empty
    title={`There is no project ${id}`}
    action={<Button renderRoot={(props) => <Link to="/projects" {...props} />}>To the projects</Button>}
  >
    It was deleted, or the address is mistyped.
  </Empty>
);
