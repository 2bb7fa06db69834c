// What one stage definition says, for who reads it rather than writes it.
import { Code, Group, Stack, Table, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import { Network, type StageDefinition, WorkspaceMode } from "../api/winslow/v1/pipeline_pb.ts";
import { duration, size } from "../parts/words.ts";
import { outline } from "./graph/outline.ts";

const WORKSPACES: Record<WorkspaceMode, string> = {
  [WorkspaceMode.UNSPECIFIED]: "",
  [WorkspaceMode.COPY]: "",
  [WorkspaceMode.EMPTY]: "begins empty",
  [WorkspaceMode.CONTINUE]: "the parent's own, changed in place",
  [WorkspaceMode.LAYERED]: "the parent's without a copy, only changes are kept",
};
const NETWORKS: Record<Network, string> = {
  [Network.UNSPECIFIED]: "",
  [Network.NONE]: "",
  [Network.BRIDGE]: "bridge",
  [Network.HOST]: "the host's",
};

export function StageFacts({ spec, stage }: { spec: PipelineSpec; stage: StageDefinition }) {
  const step = outline(spec).find((one) => one.name === stage.name);
  const variables = Object.entries(stage.environment).map(([name, value]) => `${name}=${value}`);
  const facts: [string, ReactNode][] = [
    ["Image", <Code key="image">{stage.image}</Code>],
    ["Arguments", stage.arguments.length ? <Lines key="arguments" of={stage.arguments} /> : null],
    ["Comes after", step?.before.map(({ stage, when }) => (when ? `${stage} if ${when}` : stage)).join(" and ")],
    ["Waits for a person", step?.gate],
    ["Needs", step?.needs.join(", ")],
    ["Environment", variables.length ? <Lines key="environment" of={variables} /> : null],
    ["At most", stage.timeout && stage.timeout.seconds > 0n ? duration(Number(stage.timeout.seconds)) : ""],
    ["Tried", (stage.retry?.attempts ?? 1) > 1 ? `up to ${stage.retry?.attempts} times` : ""],
    ["Workspace", WORKSPACES[stage.workspace]],
    ["Network", NETWORKS[stage.network]],
    ["Runs as", stage.user],
    ["Results from its log", stage.logParsers.map((parser) => parser.name).join(", ")],
    ["Log kept", stage.logLimit === undefined ? "" : `up to ${size(stage.logLimit)}`],
  ];
  return (
    <Stack gap="xs">
      <Group gap="sm" align="baseline">
        <Title order={3} size="h5">
          {stage.name}
        </Title>
      </Group>
      {stage.description ? (
        <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {stage.description}
        </Text>
      ) : null}
      <Table verticalSpacing={3} withRowBorders={false}>
        <Table.Tbody>
          {facts
            .filter(([, value]) => Boolean(value))
            .map(([word, value]) => (
              <Table.Tr key={word}>
                <Table.Th w={150} style={{ verticalAlign: "top" }} fw={500}>
                  {word}
                </Table.Th>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
              </Table.Tr>
            ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}

const Lines = ({ of }: { of: readonly string[] }) => (
  <Code block mah={220}>
    {of.join("\n")}
  </Code>
);
