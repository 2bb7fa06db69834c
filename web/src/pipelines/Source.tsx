// What a project's copy has against a stored pipeline, and that pipeline in place of the copy.
import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { useTable } from "../live/Live.tsx";
import { modals } from "../parts/dialogs.ts";
import { Empty } from "../parts/Empty.tsx";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { useRendered } from "./editing/useRendered.ts";
import { Difference } from "./editor/lazily.tsx";
import { calledOf } from "./summary.ts";

interface Props {
  project: Project;
  /** What is compared, as in the address: `L` or `L/versions/3`. */
  version: string | undefined;
  onVersion: (version: string) => void;
  dirty: boolean;
}

export function Source({ project, version, onVersion, dirty }: Props) {
  const table = useTable("pipeline");
  const { pipelines } = useServices();
  const listed = useMemo(
    () => [...table.values()].sort((one, other) => calledOf(one).localeCompare(calledOf(other))),
    [table],
  );
  const [id = "", , number] = (version ?? idOf(project.source ?? "")).split("/");
  const latest = table.get(`pipelines/${id}`);
  const wanted = latest ? `${latest.name}/versions/${number ?? latest.version}` : "";
  const { data: chosen, error } = useQuery({
    queryKey: ["whole version", wanted],
    queryFn: ({ signal }) => pipelines.getPipeline({ name: wanted }, { signal }),
    enabled: wanted !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
  const rendered = useRendered([project.name, String(project.revision)], project.pipeline);
  const own = project.pipeline ? rendered.data : "";
  const other = useRendered([wanted], chosen?.spec);
  if (!listed.length) {
    return (
      <Empty title="There is no stored pipeline">
        {project.pipeline
          ? "The project's copy is all there is of it."
          : "Write one that is this project's own, as text."}
      </Empty>
    );
  }
  const numbers = latest
    ? Array.from({ length: Number(latest.version) }, (_, index) => String(Number(latest.version) - index))
    : [];
  return (
    <Stack gap="md">
      <Group gap="sm" align="end">
        <Select
          label="Pipeline"
          data={listed.map((one) => ({ value: idOf(one.name), label: calledOf(one) }))}
          value={latest ? id : null}
          placeholder="Choose one"
          onChange={(value) => value && onVersion(value)}
          searchable
          allowDeselect={false}
          w={{ base: "100%", xs: 240 }}
        />
        {latest ? (
          <Select
            label="Version"
            data={numbers}
            value={number ?? String(latest.version)}
            onChange={(value) => value && onVersion(`${id}/versions/${value}`)}
            allowDeselect={false}
            w={{ base: "100%", xs: 110 }}
          />
        ) : null}
        {chosen ? <Take project={project} pipeline={wanted} same={own === other.data} dirty={dirty} /> : null}
      </Group>
      {error ? <ProblemNote error={error} /> : null}
      {own !== undefined && other.data !== undefined ? (
        own === other.data ? (
          <Text size="sm">The project's copy says exactly this.</Text>
        ) : (
          <Difference
            before={own}
            after={other.data}
            beforeLabel={project.pipeline ? "The project's copy now" : "No pipeline yet"}
            afterLabel={`${latest ? calledOf(latest) : id}, version ${number ?? latest?.version}`}
          />
        )
      ) : null}
    </Stack>
  );
}

function Take({
  project,
  pipeline,
  same,
  dirty,
}: {
  project: Project;
  pipeline: string;
  same: boolean;
  dirty: boolean;
}) {
  const { projects } = useServices();
  const { busy, act } = useAct();
  const assign = () =>
    void act(
      "Take the pipeline",
      (requestId) =>
        projects.assignPipeline({ requestId, name: project.name, pipeline, expectedRevision: project.revision }),
      "The project has it now",
    );
  const take = () =>
    modals.openConfirmModal({
      title: "Put it in place of the project's copy?",
      children: (
        <Text size="sm">
          What was changed in the copy is lost. Stages that have started stay as they are; those that start later follow
          the new one.{dirty ? " What you have not saved is against the old one, and will be shown beside it." : ""}
        </Text>
      ),
      labels: { confirm: "Take it", cancel: "Cancel" },
      onConfirm: assign,
    });
  const current = project.source !== undefined && pipeline === `${project.source}/versions/${project.sourceVersion}`;
  return (
    <Button onClick={project.pipeline ? take : assign} loading={busy} disabled={same && current}>
      Take it for this project
    </Button>
  );
}
