// The graph of a pipeline with what the chosen stage says beside it, and the variables of all stages.
import { Box, Code, Grid, Stack, Text } from "@mantine/core";
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import { Graph } from "./Graph.tsx";
import { StageFacts } from "./StageFacts.tsx";
import { stageOf } from "./summary.ts";

interface Props {
  spec: PipelineSpec;
  stage: string | undefined;
  onStage: (stage: string | undefined) => void;
}

export function GraphTab({ spec, stage, onStage }: Props) {
  const chosen = stageOf(spec, stage);
  const variables = Object.entries(spec.environment);
  return (
    <Stack gap="md">
      {spec.description ? (
        <Text size="sm" maw={760} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {spec.description}
        </Text>
      ) : null}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: chosen ? 7 : 12 }}>
          <Graph
            spec={spec}
            selected={chosen?.name}
            onPick={(name) => onStage(name === chosen?.name ? undefined : name)}
            most={560}
          />
          {chosen ? null : (
            <Text size="xs" mt={4}>
              Choose a stage to read what it does.
            </Text>
          )}
        </Grid.Col>
        {chosen ? (
          <Grid.Col span={{ base: 12, md: 5 }}>
            <StageFacts spec={spec} stage={chosen} />
          </Grid.Col>
        ) : null}
      </Grid>
      {variables.length ? (
        <Box>
          <Text size="sm" fw={600} mb={4}>
            Variables of all stages
          </Text>
          <Code block mah={240}>
            {variables.map(([name, value]) => `${name}=${value}`).join("\n")}
          </Code>
        </Box>
      ) : null}
    </Stack>
  );
}
