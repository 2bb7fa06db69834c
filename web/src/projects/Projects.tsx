// All projects at a glance: what each is, how far it is, and who waits for whom.
import { Badge, Group, Progress, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { useTable } from "../live/Live.tsx";
import { ProjectMark } from "../parts/StateMark.tsx";
import { useNow } from "../parts/useNow.ts";
import { ago } from "../parts/words.ts";
import { matching } from "./matching.ts";

const route = getRouteApi("/projects");

export function Projects() {
  const { text } = route.useSearch();
  const navigate = route.useNavigate();
  const projects = useTable("project");
  const wanted = useDeferredValue(text ?? "");
  const shown = useMemo(() => matching(projects.values(), wanted), [projects, wanted]);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={2}>Projects</Title>
        <TextInput
          aria-label="Find projects by name, tag or author"
          placeholder="Name, tag or author"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text ?? ""}
          onChange={(event) => {
            const value = event.currentTarget.value;
            void navigate({ search: value ? { text: value } : {}, replace: true });
          }}
        />
      </Group>
      {shown.length ? <ProjectTable projects={shown} /> : <Nothing any={projects.size > 0} />}
    </Stack>
  );
}

function ProjectTable({ projects }: { projects: readonly Project[] }) {
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table highlightOnHover verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Project</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th w={160}>Progress</Table.Th>
            <Table.Th>Author</Table.Th>
            <Table.Th>Last change</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {projects.map((project) => (
            <Row key={project.name} project={project} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row({ project }: { project: Project }) {
  const now = useNow();
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap={6}>
          <Text fw={500}>{project.displayName}</Text>
          {project.tags.map((tag) => (
            <Badge key={tag} variant="default" size="sm" tt="none">
              {tag}
            </Badge>
          ))}
        </Group>
        {project.reason?.text ? (
          <Text size="xs" c="dimmed">
            {project.reason.text}
          </Text>
        ) : null}
      </Table.Td>
      <Table.Td>
        <ProjectMark state={project.state} />
      </Table.Td>
      <Table.Td>
        {project.progress === undefined ? null : (
          <Progress value={100 * project.progress} aria-label={`${Math.round(100 * project.progress)} %`} />
        )}
      </Table.Td>
      <Table.Td>{project.author}</Table.Td>
      <Table.Td>{ago(project.activityTime, now)}</Table.Td>
    </Table.Tr>
  );
}

function Nothing({ any }: { any: boolean }) {
  return <Text c="dimmed">{any ? "No project is like that." : "There is no project yet."}</Text>;
}
