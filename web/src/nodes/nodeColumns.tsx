// The columns of the list of nodes. What a node uses now is told of those in sight only.
import { Badge, Group, Text, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Node } from "../api/winslow/v1/node_pb.ts";
import { useReadings } from "../live/Live.tsx";
import { idOf } from "../parts/names.ts";
import { NodeMark } from "../parts/StateMark.tsx";
import { useNow } from "../parts/useNow.ts";
import type { Column } from "../parts/VirtualTable.tsx";
import { size } from "../parts/words.ts";
import { isDraining, sharesOf, wrongWith } from "./capacity.ts";
import { cores, ShareBar } from "./ShareBar.tsx";
import { useInSight } from "./useLiveReading.ts";

export function columnsFor(order: string | undefined, sortBy: (column: string) => void): Column<Node>[] {
  const [field = "name", backwards] = (order ?? "name").split(" ");
  const sort = (key: string): Pick<Column<Node>, "sort"> => ({
    sort: {
      direction: field === key ? (backwards === "desc" ? "descending" : "ascending") : undefined,
      toggle: () => sortBy(key),
    },
  });
  return [
    { key: "name", header: "Node", width: "minmax(6rem, 2fr)", cell: (node) => <Name node={node} />, ...sort("name") },
    {
      key: "state",
      header: "State",
      width: "minmax(6rem, 1fr)",
      cell: (node) => <State node={node} />,
      ...sort("state"),
    },
    {
      key: "cpus",
      header: "Cores",
      width: "minmax(5rem, 1fr)",
      from: 340,
      cell: (node) => <Cores node={node} />,
      ...sort("cpus"),
    },
    {
      key: "memory",
      header: "Memory",
      width: "minmax(7rem, 1.4fr)",
      from: 640,
      cell: (node) => <Memory node={node} />,
      ...sort("memory"),
    },
    {
      key: "gpus",
      header: "GPUs",
      width: "minmax(4rem, 0.8fr)",
      from: 760,
      cell: (node) => <Gpus node={node} />,
      ...sort("gpus"),
    },
    {
      key: "stages",
      header: "Stages",
      width: "64px",
      from: 560,
      cell: ({ stages, policy }) => (
        <Text size="sm">
          {stages.length}
          {policy?.maxStages ? ` of ${policy.maxStages}` : ""}
        </Text>
      ),
      ...sort("stages"),
    },
    { key: "tags", header: "Tags", width: "minmax(6rem, 1.2fr)", from: 900, cell: (node) => <Tags node={node} /> },
    {
      key: "version",
      header: "Version",
      width: "90px",
      from: 1100,
      cell: (node) => (
        <Text size="sm" truncate>
          {node.version}
        </Text>
      ),
    },
  ];
}

function Name({ node }: { node: Node }) {
  const wrong = wrongWith(node, useNow());
  const [warning] = wrong;
  return (
    <>
      <Group gap={6} wrap="nowrap">
        <Text size="sm" fw={600} truncate>
          {idOf(node.name)}
        </Text>
        {node.leader ? (
          <Badge size="xs" variant="default" tt="none">
            leads
          </Badge>
        ) : null}
      </Group>
      {warning ? (
        <Group gap={4} wrap="nowrap" title={wrong.join("\n")}>
          <Text c="orange" component="span" lh={0}>
            <IconAlertTriangle size={13} aria-hidden />
          </Text>
          <Text size="xs" truncate>
            {warning}
            {wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : ""}
          </Text>
        </Group>
      ) : null}
    </>
  );
}

function State({ node }: { node: Node }) {
  const word = isDraining(node) ? "draining" : node.policy?.cordoned ? "cordoned" : "";
  return (
    <>
      <NodeMark state={node.state} />
      {word ? (
        <Tooltip label={node.policy?.reason} disabled={!node.policy?.reason}>
          <Group gap={4} wrap="nowrap">
            <IconLock size={13} aria-hidden />
            <Text size="xs" truncate>
              {word}
            </Text>
          </Group>
        </Tooltip>
      ) : null}
    </>
  );
}

function Cores({ node }: { node: Node }) {
  const shares = sharesOf(node);
  if (!shares) return null;
  return (
    <InUse node={node}>{(used) => <ShareBar share={shares.cpus} of="cores" shown={cores} used={used?.cpus} />}</InUse>
  );
}

function Memory({ node }: { node: Node }) {
  const shares = sharesOf(node);
  if (!shares) return null;
  return (
    <InUse node={node}>
      {(used) => (
        <ShareBar share={shares.memory} of="of memory" shown={size} used={used ? Number(used.memory) : undefined} />
      )}
    </InUse>
  );
}

function Gpus({ node }: { node: Node }) {
  const shares = sharesOf(node);
  if (!shares) return null;
  return <ShareBar share={shares.gpus} of="GPUs" shown={String} />;
}

type Drawn = (used: { cpus: number; memory: bigint } | undefined) => ReactNode;

function InUse({ node, children }: { node: Node; children: Drawn }) {
  const stays = useInSight();
  return stays ? <Measured node={node.name}>{children}</Measured> : children(undefined);
}

function Measured({ node, children }: { node: string; children: Drawn }) {
  return children(useReadings(node));
}

const Tags = ({ node }: { node: Node }) => (
  <Group gap={4} wrap="nowrap" style={{ overflow: "hidden" }} title={node.tags.join(", ")}>
    {node.tags.map((tag) => (
      <Badge key={tag} size="sm" variant="default" tt="none" style={{ flex: "none" }}>
        {tag}
      </Badge>
    ))}
  </Group>
);
