// All nodes at a glance: who is there, what is reserved and in use on each, and what is wrong.
import { Button, Group, Paper, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useCallback, useDeferredValue, useMemo, useState } from "react";
import type { Cluster } from "../api/winslow/v1/cluster_pb.ts";
import type { Node } from "../api/winslow/v1/node_pb.ts";
import { useLive, useTable } from "../live/Live.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf } from "../parts/names.ts";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { VirtualTable } from "../parts/VirtualTable.tsx";
import { size } from "../parts/words.ts";
import { ActionBar } from "./actions/ActionBar.tsx";
import { ClusterHealth, room, useCluster } from "./ClusterHealth.tsx";
import { type Looked, lookedFor, STATES, tagsOf, totalsOf, turned } from "./capacity.ts";
import { columnsFor } from "./nodeColumns.tsx";
import classes from "./nodes.module.css";
import { cores, ShareBar } from "./ShareBar.tsx";

const route = getRouteApi("/nodes");

export function Nodes() {
  usePageTitle("Nodes");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const nodes = useTable("node");
  const complete = useLive((picture) => picture.complete);
  const cluster = useCluster();
  const { text, tag, state, order } = search;
  const wanted = useDeferredValue(text ?? "");
  const shown = useMemo(
    () => lookedFor(nodes.values(), { text: wanted, tag, state, order }),
    [nodes, wanted, tag, state, order],
  );
  const [selected, select] = useState<ReadonlySet<string>>(new Set());
  const chosen = useMemo(() => shown.filter((node) => selected.has(node.name)), [shown, selected]);
  const look = useCallback(
    (looked: Looked) => {
      const said = (before: Looked) => Object.entries({ ...before, ...looked }).filter(([, value]) => value);
      void navigate({ search: (before) => Object.fromEntries(said(before)), replace: true });
    },
    [navigate],
  );
  const columns = useMemo(() => columnsFor(order, (column) => look({ order: turned(order, column) })), [order, look]);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={2}>Nodes</Title>
        <Filters looked={search} look={look} nodes={nodes} />
      </Group>
      <Summary nodes={nodes} cluster={cluster} />
      {cluster ? <ClusterHealth cluster={cluster} /> : null}
      {chosen.length ? <ActionBar nodes={chosen} done={() => select(new Set())} /> : null}
      {shown.length ? (
        <Stack gap={4}>
          <VirtualTable
            key={`${wanted} ${tag} ${state}`} // what is looked for anew is shown from its beginning
            label="Nodes"
            items={shown}
            columns={columns}
            keyOf={(node) => node.name}
            nameOf={(node) => idOf(node.name)}
            rowHeight={58}
            height="max(300px, calc(100dvh - 350px))"
            selection={{ selected, select }}
            onOpen={(node) => void navigate({ to: "/nodes/$node", params: { node: idOf(node.name) }, search: {} })}
          />
          <Text size="xs">Bars show what is reserved; the thin line in them what is in use now.</Text>
        </Stack>
      ) : complete ? (
        nodes.size ? (
          <Empty
            title="No node is like that"
            action={
              <Button variant="default" onClick={() => void navigate({ search: {} })}>
                Show all
              </Button>
            }
          />
        ) : (
          <Empty title="There is no node">
            Stages wait until one is there. Start winslowd on a machine that reaches etcd and the shared file system.
          </Empty>
        )
      ) : null}
    </Stack>
  );
}

interface FilterProps {
  looked: Looked;
  look: (looked: Looked) => void;
  nodes: ReadonlyMap<string, Node>;
}

function Filters({ looked, look, nodes }: FilterProps) {
  const tags = useMemo(() => tagsOf(nodes.values()), [nodes]);
  return (
    <Group gap="sm">
      <Select
        aria-label="Nodes of which state"
        placeholder="Any state"
        data={[...STATES]}
        value={looked.state ?? null}
        onChange={(state) => look({ state: state ?? "" })}
        clearable
        w={130}
      />
      <Select
        aria-label="Nodes with which tag"
        placeholder="Any tag"
        data={tags.map(([value, count]) => ({ value, label: `${value} (${count})` }))}
        value={looked.tag ?? null}
        onChange={(tag) => look({ tag: tag ?? "" })}
        searchable
        clearable
        w={150}
      />
      <TextInput
        aria-label="Find nodes by name, tag, GPU or warning"
        placeholder="Name, tag, GPU, warning"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={looked.text ?? ""}
        onChange={(event) => look({ text: event.currentTarget.value })}
      />
    </Group>
  );
}

function Summary({ nodes, cluster }: { nodes: ReadonlyMap<string, Node>; cluster: Cluster | undefined }) {
  const totals = useMemo(() => totalsOf(nodes.values()), [nodes]);
  if (!nodes.size) return null;
  const { cpus, memory, gpus } = totals.shares;
  const apart = [
    [totals.silent, "silent"],
    [totals.lost, "lost"],
    [totals.cordoned, "cordoned"],
    [totals.warned, "with warnings"],
  ]
    .filter(([count]) => Number(count) > 0)
    .map(([count, word]) => `${count} ${word}`);
  return (
    <Paper withBorder p="sm">
      <div className={classes.facts}>
        <Fact word="Nodes">
          <Text size="sm" fw={600}>
            {totals.ready} ready
          </Text>
          <Text size="xs">{apart.join(", ") || "all of them"}</Text>
        </Fact>
        <Fact word="Cores reserved">
          <ShareBar share={cpus} of="cores" shown={cores} />
        </Fact>
        <Fact word="Memory reserved">
          <ShareBar share={memory} of="of memory" shown={size} />
        </Fact>
        {gpus.total ? (
          <Fact word="GPUs given out">
            <ShareBar share={gpus} of="GPUs" shown={String} />
          </Fact>
        ) : null}
        <Fact word="Stages on them">
          <Text size="sm" fw={600}>
            {totals.stages}
          </Text>
        </Fact>
        {cluster && room(cluster) ? (
          <Fact word="Shared file system">
            <ShareBar
              share={{
                reserved: Number(cluster.storageSize - cluster.storageFree),
                total: Number(cluster.storageSize),
              }}
              of="of it"
              done="taken"
              shown={size}
            />
          </Fact>
        ) : null}
      </div>
    </Paper>
  );
}

const Fact = ({ word, children }: { word: string; children: ReactNode }) => (
  <div>
    <Text size="xs" c="dimmed">
      {word}
    </Text>
    {children}
  </div>
);
