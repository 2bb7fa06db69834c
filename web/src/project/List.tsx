// The same tree as a list that one reads from top to bottom: for phones, for screen readers, and for who likes lists. What was made
// from what is told by how far in it stands.
import { Box, Group, Text } from "@mantine/core";
import { IconHandStop, IconHourglass } from "@tabler/icons-react";
import { useMemo } from "react";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { useTable } from "../live/Live.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf } from "../parts/names.ts";
import { StageMark } from "../parts/StateMark.tsx";
import { type Column, VirtualTable } from "../parts/VirtualTable.tsx";
import { Signs } from "../stage/Signs.tsx";
import { mainSpan } from "../stage/spans.ts";
import { Took } from "../stage/Took.tsx";
import { keyResults, titleOf } from "../stage/words.ts";
import { ghostSaid, sweepCounts } from "./said.ts";
import type { Tree, TreeNode } from "./shape/tree.ts";

interface Props {
  tree: Tree;
  dropped: (stage: Stage) => boolean;
  onOpen: (node: TreeNode) => void;
}

interface Row {
  node: TreeNode;
  depth: number;
}

/** As far in as a phone has room for. */
const DEEPEST = 6;

export function List({ tree, dropped, onOpen }: Props) {
  const rows = useMemo(() => rowsOf(tree), [tree]);
  const nodes = useTable("node");
  const columns = useMemo(() => columnsOf(dropped, nodes.size > 1), [dropped, nodes.size]);
  if (rows.length === 0) return <Empty title="Nothing was done yet">Start it, and each attempt is listed here.</Empty>;
  return (
    <VirtualTable
      label="Attempts"
      items={rows}
      columns={columns}
      keyOf={({ node }) => node.key}
      onOpen={({ node }) => onOpen(node)}
      rowHeight={52}
      height="max(320px, calc(100dvh - 330px))"
    />
  );
}

function rowsOf(tree: Tree): Row[] {
  const depths = new Map<string, number>();
  const found: Row[] = [];
  for (const node of tree.nodes) {
    const only = node.parent !== undefined && tree.children.get(node.parent)?.length === 1;
    const above = node.parent === undefined ? -1 : (depths.get(node.parent) ?? -1);
    // What simply goes on stands below what it goes on from; only branches stand further in.
    const depth = node.kind === "root" ? 0 : only ? Math.max(above, 0) : above + 1;
    depths.set(node.key, node.kind === "root" ? -1 : depth);
    if (node.kind !== "root") found.push({ node, depth: Math.min(depth, DEEPEST) });
  }
  return found;
}

const columnsOf = (dropped: (stage: Stage) => boolean, many: boolean): Column<Row>[] => [
  {
    key: "attempt",
    header: "Attempt",
    width: "minmax(150px, 2fr)",
    cell: (row) => <Attempt row={row} dropped={dropped} />,
  },
  { key: "state", header: "State", width: "minmax(130px, 1fr)", cell: ({ node }) => <State node={node} /> },
  { key: "took", header: "Took", width: "90px", from: 520, cell: ({ node }) => <Duration node={node} /> },
  {
    key: "results",
    header: "Results",
    width: "minmax(100px, 2fr)",
    from: 640,
    cell: ({ node }) => (node.kind === "stage" ? <Results stage={node.stage} /> : null),
  },
  ...(many
    ? [
        {
          key: "node",
          header: "Node",
          width: "minmax(80px, 1fr)",
          from: 800,
          cell: ({ node }: Row) =>
            node.kind === "stage" && node.stage.node ? (
              <Text size="sm" truncate>
                {idOf(node.stage.node)}
              </Text>
            ) : null,
        },
      ]
    : []),
];

function Attempt({ row: { node, depth }, dropped }: { row: Row; dropped: (stage: Stage) => boolean }) {
  return (
    <Box
      pl={depth * 14}
      style={{ borderLeft: node.current ? "3px solid var(--mantine-primary-color-filled)" : "3px solid transparent" }}
    >
      <Group gap={6} wrap="nowrap" pl={6}>
        <Text size="sm" fw={node.current ? 600 : 400} truncate>
          {nameOf(node)}
        </Text>
        {node.kind === "stage" ? (
          <Signs stage={node.stage} flags={{ stale: node.stale, dropped: dropped(node.stage) }} quiet={!node.current} />
        ) : null}
      </Group>
      <Text size="xs" c="dimmed" truncate pl={6}>
        {beside(node)}
      </Text>
    </Box>
  );
}

function nameOf(node: TreeNode): string {
  switch (node.kind) {
    case "stage":
      return titleOf(node.stage);
    case "ghost":
      return node.ghost.definition.name;
    case "sweep":
      return `Sweep of ${node.sweep?.start ?? idOf(node.key)}`;
    case "earlier":
      return idOf(node.key);
    case "root":
      return "Start";
  }
}

function beside(node: TreeNode): string {
  if (node.kind === "ghost") return node.ghost.when ? `if ${node.ghost.when}` : "not started";
  if (node.kind === "sweep") return node.sweep?.comment ?? "";
  if (node.kind !== "stage") return "not loaded";
  const run = node.begins;
  return run ? [`Run ${run.number}`, run.author, run.comment].filter(Boolean).join(" · ") : idOf(node.stage.name);
}

function State({ node }: { node: TreeNode }) {
  if (node.kind === "stage") return <StageMark state={node.stage.state} />;
  if (node.kind === "sweep") return <Text size="sm">{sweepCounts(node.states)}</Text>;
  if (node.kind !== "ghost") return null;
  const gate = node.ghost.waiting === "gate";
  const Shape = gate ? IconHandStop : IconHourglass;
  return (
    <Group gap={6} wrap="nowrap">
      <Text c={gate ? "orange" : "dimmed"} component="span" lh={0}>
        <Shape size={16} aria-hidden />
      </Text>
      <Text size="sm" lineClamp={2}>
        {ghostSaid(node.ghost)}
      </Text>
    </Group>
  );
}

function Duration({ node }: { node: TreeNode }) {
  const span = node.kind === "stage" ? mainSpan(node.stage) : undefined;
  return span ? (
    <Text size="sm">
      <Took span={span} />
    </Text>
  ) : null;
}

function Results({ stage }: { stage: Stage }) {
  return (
    <Text size="xs" ff="monospace" truncate>
      {keyResults(stage, 4)
        .map(([key, value]) => `${key} ${value}`)
        .join("  ")}
    </Text>
  );
}
