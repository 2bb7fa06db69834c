// What the page of a project without a pipeline shows where its attempts will be: a choice, and what can be done before it.
import { Anchor, Button, Group, Paper, Select, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { useTable } from "../live/Live.tsx";
import { useReadOnly } from "../live/useReadOnly.ts";
import { idOf } from "../parts/names.ts";
import { choosable } from "../pipelines/summary.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";

export function ChoosePipeline({ project }: { project: Project }) {
  const { projects } = useServices();
  const { act, busy } = useAct();
  const readOnly = useReadOnly();
  const table = useTable("pipeline");
  const [chosen, choose] = useState<string | null>(null);
  const data = useMemo(() => choosable(table.values()), [table]);
  const stages = chosen ? table.get(chosen)?.spec?.stages.map(({ name }) => name) : undefined;
  const params = { project: idOf(project.name) };
  const take = () =>
    chosen &&
    act("Choose the pipeline", (requestId) =>
      projects.assignPipeline({ requestId, name: project.name, pipeline: chosen }),
    );
  return (
    <Paper withBorder p="md" maw={640} component="section" aria-label="Choose a pipeline">
      <Stack gap="sm">
        <Title order={3} size="h5">
          Choose a pipeline
        </Title>
        <Text size="sm">
          It says what is to be done with the files. Nothing can be started before; the project gets its own copy.
        </Text>
        {data.length ? (
          <Group align="end" gap="sm">
            <Select
              label="Pipeline"
              description={stages?.join(" → ")}
              placeholder="Choose one"
              data={data}
              value={chosen}
              onChange={choose}
              searchable
              nothingFoundMessage="None is called that"
              flex={1}
              miw={220}
            />
            <Button
              disabled={!chosen || project.deleting || readOnly !== undefined}
              loading={busy}
              onClick={() => void take()}
            >
              Choose it
            </Button>
          </Group>
        ) : (
          <Text size="sm">
            There is no pipeline yet.{" "}
            <Anchor underline="always" size="sm" renderRoot={(props) => <Link {...props} to="/pipelines/new" />}>
              Write one
            </Anchor>
            , for all projects.
          </Text>
        )}
        {readOnly ? <Text size="sm">{readOnly}</Text> : null}
        <Text size="sm">
          Meanwhile, put{" "}
          <Anchor
            underline="always"
            size="sm"
            renderRoot={(props) => <Link {...props} to="/browse/$" params={{ _splat: `${project.name}/input` }} />}
          >
            its files
          </Anchor>{" "}
          in, or write{" "}
          <Anchor
            underline="always"
            size="sm"
            renderRoot={(props) => (
              <Link {...props} to="/projects/$project/pipeline" params={params} search={{ tab: "text" }} />
            )}
          >
            a pipeline of its own
          </Anchor>
          .
        </Text>
      </Stack>
    </Paper>
  );
}
