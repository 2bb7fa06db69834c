// All pipelines at a glance: what each is for, who made its latest version and when, and how many projects came of it.
import { Button, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import type { Pipeline } from "../api/winslow/v1/pipeline_pb.ts";
import { useLive, useTable } from "../live/Live.tsx";
import { Ago } from "../parts/Ago.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf } from "../parts/names.ts";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { type Column, VirtualTable } from "../parts/VirtualTable.tsx";
import { calledOf, matching, uses } from "./summary.ts";

const route = getRouteApi("/pipelines");

export function Pipelines() {
  usePageTitle("Pipelines");
  const { text } = route.useSearch();
  const navigate = route.useNavigate();
  const pipelines = useTable("pipeline");
  const projects = useTable("project");
  const complete = useLive((picture) => picture.complete);
  const wanted = useDeferredValue(text ?? "");
  const shown = useMemo(() => matching(pipelines.values(), wanted), [pipelines, wanted]);
  const used = useMemo(() => uses(projects.values()), [projects]);
  const columns = useMemo(() => columnsWith(used), [used]);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={2}>Pipelines</Title>
        <Group gap="sm">
          <TextInput
            aria-label="Find pipelines by name, description or author"
            placeholder="Name, description or author"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={text ?? ""}
            onChange={(event) => {
              const value = event.currentTarget.value;
              void navigate({ search: value ? { text: value } : {}, replace: true });
            }}
          />
          <NewButton />
        </Group>
      </Group>
      {shown.length ? (
        <VirtualTable
          label="Pipelines"
          items={shown}
          columns={columns}
          keyOf={(pipeline) => pipeline.name}
          rowHeight={56}
          onOpen={(pipeline) =>
            void navigate({ to: "/pipelines/$pipeline", params: { pipeline: idOf(pipeline.name) }, search: {} })
          }
        />
      ) : complete ? (
        <Nothing any={pipelines.size > 0} clear={() => void navigate({ search: {} })} />
      ) : null}
    </Stack>
  );
}

const NewButton = () => (
  <Button
    leftSection={<IconPlus size={16} aria-hidden />}
    renderRoot={(props) => <Link to="/pipelines/new" {...props} />}
  >
    New pipeline
  </Button>
);

function Nothing({ any, clear }: { any: boolean; clear: () => void }) {
  return any ? (
    <Empty
      title="No pipeline is like that"
      action={
        <Button variant="default" onClick={clear}>
          Show all
        </Button>
      }
    />
  ) : (
    <Empty title="There is no pipeline yet" action={<NewButton />}>
      A pipeline says which stages there are, what each runs and what it needs. Projects are made from it, each with a
      copy of its own.
    </Empty>
  );
}

function columnsWith(used: ReadonlyMap<string, number>): Column<Pipeline>[] {
  return [
    {
      key: "name",
      header: "Pipeline",
      width: "minmax(10rem, 3fr)",
      cell: (pipeline) => (
        <>
          <Text size="sm" fw={600} truncate>
            {calledOf(pipeline)}
          </Text>
          <Text size="xs" c="dimmed" truncate title={pipeline.spec?.description}>
            {pipeline.spec?.description.split("\n")[0] || idOf(pipeline.name)}
          </Text>
        </>
      ),
    },
    {
      key: "stages",
      header: "Stages",
      width: "70px",
      from: 520,
      cell: (pipeline) => <Text size="sm">{pipeline.spec?.stages.length ?? 0}</Text>,
    },
    {
      key: "used",
      header: "Used by",
      width: "100px",
      cell: (pipeline) => <Text size="sm">{words(used.get(pipeline.name) ?? 0)}</Text>,
    },
    {
      key: "version",
      header: "Version",
      width: "70px",
      from: 420,
      cell: (pipeline) => <Text size="sm">{String(pipeline.version)}</Text>,
    },
    {
      key: "when",
      header: "Changed",
      width: "120px",
      from: 700,
      cell: (pipeline) => <Ago time={pipeline.createTime} />,
    },
    {
      key: "author",
      header: "By",
      width: "minmax(5rem, 1fr)",
      from: 820,
      cell: (pipeline) => (
        <Text size="sm" truncate>
          {pipeline.author}
        </Text>
      ),
    },
  ];
}

const words = (count: number) => (count === 0 ? "nobody" : count === 1 ? "1 project" : `${count} projects`);
