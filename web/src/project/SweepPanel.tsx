// One sweep beside the tree: over what, how its points are, and the ways to look at them one by one.
import { ActionIcon, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Ago } from "../parts/Ago.tsx";
import { idOf } from "../parts/names.ts";
import { sweepCounts } from "./said.ts";
import type { TreeNode } from "./shape/tree.ts";

interface Props {
  node: TreeNode & { kind: "sweep" };
  /** Its id. */
  project: string;
  fold: () => void;
  close: () => void;
}

export function SweepPanel({ node, project, fold, close }: Props) {
  const { sweep, open, states } = node;
  const title = `Sweep of ${sweep?.start ?? idOf(node.key)}`;
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Title order={3} size="h4">
            {title}
          </Title>
          <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={close}>
            <IconX size={18} aria-hidden />
          </ActionIcon>
        </Group>
        {sweep?.comment ? (
          <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            “{sweep.comment}”
          </Text>
        ) : null}
        <Text size="sm">{sweepCounts(states)}</Text>
        {sweep?.axes.map(({ variable, values }) => (
          <Text key={variable} size="sm" style={{ overflowWrap: "anywhere" }} lineClamp={4}>
            <Text span fw={600} size="sm">
              {variable}
            </Text>{" "}
            {values.join(", ")}
          </Text>
        ))}
        {sweep ? (
          <Text size="sm">
            {sweep.author} began it <Ago time={sweep.createTime} />
          </Text>
        ) : null}
        <Group gap="xs">
          <Button
            size="xs"
            renderRoot={(props) => (
              <Link {...props} to="/projects/$project/sweeps/$sweep" params={{ project, sweep: idOf(node.key) }} />
            )}
          >
            Compare its points
          </Button>
          <Button size="xs" variant="default" onClick={fold}>
            {open ? "Draw it as one" : "Draw each point"}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
