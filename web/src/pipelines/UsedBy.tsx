// Which projects were made from a pipeline, from which version, and whether their own copies were changed since.
import { equals } from "@bufbuild/protobuf";
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { type Pipeline, PipelineSpecSchema } from "../api/winslow/v1/pipeline_pb.ts";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { useTable } from "../live/Live.tsx";
import { Ago } from "../parts/Ago.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf } from "../parts/names.ts";
import { ProjectMark } from "../parts/StateMark.tsx";
import { type Column, VirtualTable } from "../parts/VirtualTable.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { counted, madeFrom } from "./summary.ts";

export function UsedBy({ pipeline }: { pipeline: Pipeline }) {
  const projects = useTable("project");
  const navigate = useNavigate();
  const made = useMemo(() => madeFrom(projects.values(), pipeline.name), [projects, pipeline.name]);
  const behind = made.filter((project) => project.sourceVersion < pipeline.version).length;
  const columns = useMemo(() => columnsFor(pipeline), [pipeline]);
  if (!made.length) {
    return (
      <Empty title="No project was made from it yet" action={<NewFromIt pipeline={pipeline} />}>
        A project gets a copy of its own: what is changed here later does not change it.
      </Empty>
    );
  }
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text size="sm">
          {counted(made.length, "project")},{" "}
          {behind ? `${behind} with an earlier version` : "all with the latest version"}. Each has a copy of its own,
          which stays as it is.
        </Text>
        <NewFromIt pipeline={pipeline} />
      </Group>
      <VirtualTable
        label="Projects made from this pipeline"
        items={made}
        columns={columns}
        keyOf={(project) => project.name}
        height="calc(100dvh - 280px)"
        onOpen={(project) =>
          void navigate({ to: "/projects/$project/pipeline", params: { project: idOf(project.name) }, search: {} })
        }
      />
    </Stack>
  );
}

export const NewFromIt = ({ pipeline }: { pipeline: Pipeline }) => (
  <Button
    variant="default"
    leftSection={<IconPlus size={16} aria-hidden />}
    renderRoot={(props) => <Link to="/projects/new" search={{ pipeline: idOf(pipeline.name) }} {...props} />}
  >
    New project from it
  </Button>
);

function columnsFor(pipeline: Pipeline): Column<Project>[] {
  return [
    {
      key: "project",
      header: "Project",
      width: "minmax(9rem, 3fr)",
      cell: (project) => (
        <Text size="sm" fw={500} truncate>
          {project.displayName || idOf(project.name)}
        </Text>
      ),
    },
    {
      key: "version",
      header: "Version",
      width: "90px",
      cell: ({ sourceVersion }) => (
        <Text size="sm">
          {String(sourceVersion)}
          {sourceVersion < pipeline.version ? " (earlier)" : ""}
        </Text>
      ),
    },
    { key: "copy", header: "Its copy", width: "110px", cell: (project) => <Copy project={project} /> },
    { key: "state", header: "State", width: "150px", from: 560, cell: ({ state }) => <ProjectMark state={state} /> },
    {
      key: "activity",
      header: "Last change",
      width: "130px",
      from: 700,
      cell: (project) => <Ago time={project.activityTime} />,
    },
  ];
}

/** Whether the project's copy is still what was copied; asked only of the projects in sight. */
function Copy({ project: { name, revision, source, sourceVersion } }: { project: Project }) {
  const { projects, pipelines } = useServices();
  const own = useQuery({
    queryKey: ["own pipeline", name, String(revision)],
    queryFn: async ({ signal }) => (await projects.getProject({ name }, { signal })).pipeline ?? null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const version = `${source}/versions/${sourceVersion}`;
  const copied = useQuery({
    queryKey: ["version", version],
    queryFn: async ({ signal }) => (await pipelines.getPipeline({ name: version }, { signal })).spec ?? null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!own.data || !copied.data) return null;
  const same = equals(PipelineSpecSchema, own.data, copied.data);
  return <Text size="sm">{same ? "as it was" : "changed"}</Text>;
}
