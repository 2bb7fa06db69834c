// One node: how it is, what runs there, what is reserved, what it uses now and in the past.
import { Alert, Anchor, Badge, Button, Code, Group, Paper, Skeleton, Stack, Table, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconLock } from "@tabler/icons-react";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { type Node as NodeRecord, NodeState } from "../api/winslow/v1/node_pb.ts";
import { useLive, useResource, useTable } from "../live/Live.tsx";
import { Ago } from "../parts/Ago.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf, projectOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { NodeMark } from "../parts/StateMark.tsx";
import { useNow } from "../parts/useNow.ts";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { VirtualTable } from "../parts/VirtualTable.tsx";
import { ago, moment, size } from "../parts/words.ts";
import { NodeButtons } from "./actions/ActionBar.tsx";
import { named, sharesOf, wrongWith } from "./capacity.ts";
import { spanOf } from "./curves.ts";
import { NodeCharts } from "./NodeCharts.tsx";
import classes from "./nodes.module.css";
import { cores, ShareBar } from "./ShareBar.tsx";
import { asksColumn, sinceColumn, stageColumn, stateColumn } from "./stageColumns.tsx";
import { useStages } from "./useStages.ts";

const route = getRouteApi("/nodes/$node");

export function Node() {
  const { node: id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const node = useResource("node", `nodes/${id}`);
  const complete = useLive((picture) => picture.complete);
  usePageTitle(id, "Nodes");
  if (!node) return complete ? <Gone id={id} /> : <Skeleton height={240} role="status" aria-label="Loading the node" />;
  return (
    <Stack gap="lg">
      <Head node={node} />
      <Reserved node={node} />
      <Section title="What runs there">
        <RunningHere node={node} />
      </Section>
      <Section title="What it uses">
        {node.state === NodeState.READY ? (
          <NodeCharts
            key={node.name}
            node={node}
            span={spanOf(search.span)}
            onSpan={(span) => void navigate({ search: span === "now" ? {} : { span }, replace: true })}
          />
        ) : (
          <Text size="sm">It is kept on the node itself, which does not answer now.</Text>
        )}
      </Section>
      <Section title="What it is">
        <Facts node={node} />
      </Section>
    </Stack>
  );
}

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <section aria-label={title}>
    <Title order={3} size="h4" mb="xs">
      {title}
    </Title>
    {children}
  </section>
);

function Head({ node }: { node: NodeRecord }) {
  const { policy } = node;
  const now = useNow();
  return (
    <Stack gap={6}>
      <Anchor component={Link} to="/nodes" size="sm" w="fit-content">
        Nodes
      </Anchor>
      <Group justify="space-between" align="flex-start">
        <Group gap="sm" align="baseline">
          <Title order={2}>{idOf(node.name)}</Title>
          <NodeMark state={node.state} />
          {node.leader ? (
            <Badge variant="default" tt="none">
              leads
            </Badge>
          ) : null}
          {node.tags.map((tag) => (
            <Badge key={tag} variant="default" tt="none">
              {tag}
            </Badge>
          ))}
        </Group>
        <Group gap="xs">
          <NodeButtons nodes={[node]} />
        </Group>
      </Group>
      {policy?.cordoned ? <Cordoned node={node} /> : null}
      {policy?.maxStages ? (
        <Text size="sm">
          It gets at most {policy.maxStages} {policy.maxStages === 1 ? "stage" : "stages"} at a time.
        </Text>
      ) : null}
      {wrongWith(node, now).map((warning) => (
        <Alert key={warning} p="xs" color="orange" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />}>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {warning}
          </Text>
        </Alert>
      ))}
    </Stack>
  );
}

function Cordoned({ node: { policy, stages } }: { node: NodeRecord }) {
  const now = useNow();
  const deadline = policy?.drainDeadline;
  return (
    <Alert p="xs" color="gray" variant="light" icon={<IconLock size={18} aria-hidden />}>
      <Text size="sm">
        {deadline
          ? `It is drained: what still runs is aborted ${ago(deadline, now)}, at ${moment(deadline)}, and tried elsewhere.`
          : "It is cordoned: it gets no more stages."}
        {stages.length ? "" : " Nothing runs there any more."}
        {policy?.reason ? ` Why: ${policy.reason}` : ""}
      </Text>
    </Alert>
  );
}

function Reserved({ node }: { node: NodeRecord }) {
  const shares = sharesOf(node);
  if (!shares) return null;
  const bars: [string, ReactNode][] = [
    ["Cores reserved", <ShareBar key="cpus" share={shares.cpus} of="cores" shown={cores} />],
    ["Memory reserved", <ShareBar key="memory" share={shares.memory} of="of memory" shown={size} />],
    ["GPUs given out", <ShareBar key="gpus" share={shares.gpus} of="GPUs" shown={String} done="given out" />],
  ];
  return (
    <Paper withBorder p="sm">
      <div className={classes.facts}>
        {bars.map(([word, bar]) => (
          <div key={word}>
            <Text size="xs" c="dimmed">
              {word}
            </Text>
            {bar}
          </div>
        ))}
      </div>
    </Paper>
  );
}

function RunningHere({ node }: { node: NodeRecord }) {
  const projects = useTable("project");
  const navigate = useNavigate();
  const { stages, error, pending, again } = useStages(node.name);
  const columns = useMemo(() => [stageColumn(projects), stateColumn, sinceColumn, asksColumn], [projects]);
  if (error && !stages.length) return <ProblemNote error={error} again={again} />;
  if (!stages.length) return <Text size="sm">{pending || node.stages.length ? "" : "Nothing."}</Text>;
  return (
    <VirtualTable
      label="Stages on this node"
      items={stages}
      columns={columns}
      keyOf={(stage) => stage.name}
      rowHeight={52}
      height="320px"
      onOpen={(stage) =>
        void navigate({
          to: "/projects/$project/stages/$stage",
          params: { project: projectOf(stage.name), stage: idOf(stage.name) },
          search: {},
        })
      }
    />
  );
}

function Facts({ node }: { node: NodeRecord }) {
  const gpus = node.capacity?.gpus ?? [];
  const images = named(node.images);
  const free = new Set(node.free?.gpus.map((gpu) => gpu.uuid));
  const facts: [string, ReactNode][] = [
    ["Address", node.address],
    ["Version", node.version],
    ["Registered", node.registerTime ? <Ago key="registered" time={node.registerTime} /> : null],
    ["Silent since", node.silentSince ? <Ago key="silent" time={node.silentSince} /> : null],
    ["Scratch disk", node.capacity && node.capacity.disk > 0n ? size(node.capacity.disk) : null],
    ["CephFS client", node.storageClient ? <Code key="client">{node.storageClient}</Code> : null],
    [
      "GPUs",
      gpus.length ? (
        <Stack key="gpus" gap={0}>
          {gpus.map((gpu, index) => (
            <Text key={gpu.uuid} size="sm">
              {index}: {gpu.model || "GPU"}, {size(gpu.memory)}
              {gpu.driver ? `, driver ${gpu.driver}` : ""}, {free.has(gpu.uuid) ? "free" : "given out"}
            </Text>
          ))}
        </Stack>
      ) : null,
    ],
    [
      "Images there",
      <Stack key="images" gap={4}>
        {images.named.length ? (
          <Code block mah={200} tabIndex={0}>
            {images.named.join("\n")}
          </Code>
        ) : null}
        {images.unnamed ? `${images.named.length ? "and " : ""}${images.unnamed} without a name` : ""}
        {node.images.length ? "" : "none"}
      </Stack>,
    ],
  ];
  return (
    <Table verticalSpacing={4} withRowBorders={false}>
      <Table.Tbody>
        {facts
          .filter(([, value]) => Boolean(value))
          .map(([word, value]) => (
            <Table.Tr key={word}>
              <Table.Th w={140} fw={500} style={{ verticalAlign: "top" }}>
                {word}
              </Table.Th>
              <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  );
}

const Gone = ({ id }: { id: string }) => (
  <Empty
    title={`There is no node ${id}`}
    action={<Button renderRoot={(props) => <Link to="/nodes" {...props} />}>To the nodes</Button>}
  >
    It was removed, or the address is mistyped.
  </Empty>
);
