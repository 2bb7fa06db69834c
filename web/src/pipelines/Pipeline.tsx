// One pipeline: its graph, its text, its versions and who uses it.
import { equals } from "@bufbuild/protobuf";
import { ActionIcon, Anchor, Badge, Button, Group, Menu, Skeleton, Stack, Tabs, Text, Title } from "@mantine/core";
import { IconDots, IconDownload, IconTrash } from "@tabler/icons-react";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { type Pipeline as PipelineRecord, PipelineSpecSchema } from "../api/winslow/v1/pipeline_pb.ts";
import { useLive, useResource, useTable } from "../live/Live.tsx";
import { Ago } from "../parts/Ago.tsx";
import { modals } from "../parts/dialogs.ts";
import { Empty } from "../parts/Empty.tsx";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { TabStrip } from "../parts/TabStrip.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { Conflict } from "./editing/Conflict.tsx";
import { type Base, discarded, saved } from "./editing/editing.ts";
import { exported, ImportButton } from "./editing/files.tsx";
import { LeaveGuard } from "./editing/LeaveGuard.tsx";
import { type BeingEdited, useEditing } from "./editing/useEditing.ts";
import { useParsed } from "./editing/useParsed.ts";
import { useBase } from "./editing/useRendered.ts";
import { Workbench } from "./editing/Workbench.tsx";
import { GraphTab } from "./GraphTab.tsx";
import { calledOf, counted, madeFrom } from "./summary.ts";
import { NewFromIt, UsedBy } from "./UsedBy.tsx";
import { Versions } from "./Versions.tsx";

const route = getRouteApi("/pipelines/$pipeline");
const TABS = ["graph", "text", "versions", "used"] as const;
type Tab = (typeof TABS)[number];

export function Pipeline() {
  const { pipeline: id } = route.useParams();
  const name = `pipelines/${id}`;
  const pipeline = useResource("pipeline", name);
  const complete = useLive((picture) => picture.complete);
  usePageTitle(pipeline ? calledOf(pipeline) : id, "Pipelines");
  const { data: base, error, refetch } = useBase(name, pipeline?.revision, pipeline?.spec);
  if (complete && !pipeline) return <Gone id={id} />;
  if (error && !base) return <ProblemNote error={error} again={() => void refetch()} />;
  if (!pipeline || !base) return <Skeleton height={240} role="status" aria-label="Loading the pipeline" />;
  return <Shown key={name} pipeline={pipeline} base={base} />;
}

function Shown({ pipeline, base }: { pipeline: PipelineRecord; base: Base }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const saving = useSaving(pipeline);
  const being = useEditing(pipeline.name, base, saving.busy);
  const tab: Tab = TABS.find((one) => one === search.tab) ?? "graph";
  return (
    <Stack gap="md">
      <Head pipeline={pipeline} text={base.text} />
      <LeaveGuard dirty={being.dirty} drop={() => being.become(discarded(being.editing))} />
      <Tabs
        value={tab}
        onChange={(value) => void navigate({ search: value && value !== "graph" ? { tab: value } : {} })}
        keepMounted={false}
      >
        <TabStrip at={tab} mb="md">
          <Tabs.Tab value="graph">Graph</Tabs.Tab>
          <Tabs.Tab value="text">{being.dirty ? "Text (not saved)" : "Text"}</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
          <Tabs.Tab value="used">Used by</Tabs.Tab>
        </TabStrip>
        <Tabs.Panel value="graph">
          {pipeline.spec ? (
            <GraphTab
              spec={pipeline.spec}
              stage={search.stage}
              onStage={(stage) => void navigate({ search: stage ? { stage } : {}, replace: true })}
            />
          ) : null}
        </Tabs.Panel>
        <Tabs.Panel value="text">
          {being.editing.theirs ? (
            <Conflict being={being} theirs={`Version ${pipeline.version}, saved by ${pipeline.author}`} />
          ) : (
            <TextTab pipeline={pipeline} being={being} saving={saving} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <Versions
            pipeline={pipeline}
            version={search.version}
            against={search.against}
            dirty={being.dirty}
            onChoose={(version, against) => void navigate({ search: { tab: "versions", version, against } })}
          />
        </Tabs.Panel>
        <Tabs.Panel value="used">
          <UsedBy pipeline={pipeline} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

interface Saving {
  busy: boolean;
  save: (being: BeingEdited) => Promise<void>;
}

function useSaving(pipeline: PipelineRecord): Saving {
  const { pipelines } = useServices();
  const { busy, act } = useAct();
  const save = async ({ editing, become }: BeingEdited) => {
    const made = await act("Save", async (requestId) => {
      const { spec } = await pipelines.parsePipeline({ yaml: editing.text });
      if (!spec) return undefined; // what is wrong is told beside the text
      const now = await pipelines.updatePipeline({
        requestId,
        pipeline: { name: pipeline.name, spec },
        updateMask: { paths: ["spec"] },
        expectedRevision: editing.base.revision,
      });
      const { yaml } = now.spec ? await pipelines.renderPipeline({ spec: now.spec }) : { yaml: editing.text };
      return { text: yaml, revision: now.revision };
    });
    if (made) become(saved(made));
  };
  return { busy, save };
}

function TextTab({ pipeline, being, saving }: { pipeline: PipelineRecord; being: BeingEdited; saving: Saving }) {
  const parsed = useParsed(being.editing.text);
  const { spec, problems, behind } = parsed;
  const used = useTable("project");
  const copies = useMemo(() => madeFrom(used.values(), pipeline.name).length, [used, pipeline.name]);
  const same = spec && pipeline.spec ? equals(PipelineSpecSchema, spec, pipeline.spec) : false;
  const ready = being.dirty && !problems.length && !behind && !same;
  const save = () => void (ready && saving.save(being));
  return (
    <Workbench label={`The file of ${calledOf(pipeline)}`} being={being} parsed={parsed} onSave={save}>
      <Group gap="xs">
        <Button size="xs" disabled={!ready} loading={saving.busy} onClick={save}>
          Save as version {String(pipeline.version + 1n)}
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
        {being.dirty && same && !behind && !problems.length
          ? "What you changed is how it is written, not what it says: there is nothing to save. "
          : ""}
        {copies
          ? `${counted(copies, "project")} made from it ${copies === 1 ? "keeps its copy" : "keep their copies"}; new ones get the new version. `
          : ""}
        Winslow keeps what the file says, not its comments.
      </Text>
    </Workbench>
  );
}

function Head({ pipeline, text }: { pipeline: PipelineRecord; text: string }) {
  const remove = useRemoving(pipeline);
  const id = idOf(pipeline.name);
  return (
    <Stack gap={2}>
      <Anchor component={Link} to="/pipelines" size="sm" w="fit-content">
        Pipelines
      </Anchor>
      <Group justify="space-between" align="flex-start">
        <Group gap="sm" align="baseline">
          <Title order={2} style={{ overflowWrap: "anywhere" }}>
            {calledOf(pipeline)}
          </Title>
          <Badge variant="default" tt="none">
            Version {String(pipeline.version)}
          </Badge>
          <Text size="sm" component="span">
            {pipeline.author}, <Ago time={pipeline.createTime} />
          </Text>
        </Group>
        <Group gap="xs">
          <NewFromIt pipeline={pipeline} />
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="default" size="lg" aria-label="More">
                <IconDots size={18} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconDownload size={16} aria-hidden />} onClick={() => exported(id, text)}>
                Export as a file
              </Menu.Item>
              <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={remove}>
                Delete
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      </Group>
    </Stack>
  );
}

function useRemoving(pipeline: PipelineRecord): () => void {
  const { pipelines } = useServices();
  const { act } = useAct();
  const navigate = useNavigate();
  const projects = useTable("project");
  const remove = async () => {
    const { name, revision } = pipeline;
    const done = await act(
      "Delete the pipeline",
      (requestId) => pipelines.deletePipeline({ requestId, name, expectedRevision: revision }),
      "Deleted",
    );
    if (done) await navigate({ to: "/pipelines", search: {}, ignoreBlocker: true });
  };
  return () => {
    const copies = madeFrom(projects.values(), pipeline.name).length;
    modals.openConfirmModal({
      title: `Delete ${calledOf(pipeline)}?`,
      children: (
        <Text size="sm">
          {pipeline.version > 1n ? `All ${pipeline.version} versions go with it. ` : ""}
          {copies
            ? `${counted(copies, "project")} made from it ${copies === 1 ? "keeps its copy and goes" : "keep their copies and go"} on as before.`
            : "No project was made from it."}{" "}
          This cannot be undone.
        </Text>
      ),
      labels: { confirm: "Delete", cancel: "Cancel" },
      confirmProps: { color: "red" },
      onConfirm: () => void remove(),
    });
  };
}

const Gone = ({ id }: { id: string }) => (
  <Empty
    title={`There is no pipeline ${id}`}
    action={<Button renderRoot={(props) => <Link to="/pipelines" {...props} />}>To the pipelines</Button>}
  >
    It was deleted, or the address is mistyped. Projects that were made from it have their own copies.
  </Empty>
);
