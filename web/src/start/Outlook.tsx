// What would happen: what is executed, what is left, what becomes stale, how long it takes; asked anew as the form changes.
import { Anchor, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { RunMode } from "../api/winslow/v1/run_pb.ts";
import { useTable } from "../live/Live.tsx";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { outlook, superseded } from "./choices.ts";

export interface Asked {
  starts: readonly string[];
  /** A stage's name, "" for the zeroth workspace; undefined lets the server choose. */
  parent: string | undefined;
  /** The name of the stage that is made again, "" for none. */
  redo: string;
  one: boolean;
}

/** What StartRun would do; `asked` undefined asks nothing yet. */
export function usePreview(project: Project | undefined, asked: Asked | undefined) {
  const { runs } = useServices();
  const seen = project && [project.revision, project.activityTime?.seconds, project.activityTime?.nanos].map(String);
  return useQuery({
    queryKey: ["preview-run", project?.name, seen, asked],
    queryFn: ({ signal }) => {
      if (!project || !asked) throw new Error("nothing is asked");
      const mode = asked.one ? RunMode.ONE_STAGE : RunMode.RUN_ON;
      const where = asked.redo
        ? { redo: asked.redo }
        : { start: [...asked.starts], ...(asked.parent === undefined ? {} : { parent: asked.parent }) };
      return runs.previewRun({ project: project.name, mode, ...where }, { signal });
    },
    enabled: project !== undefined && asked !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function Outlook({ project, asked }: { project: Project; asked: Asked }) {
  const preview = usePreview(project, asked);
  const runs = useTable("run");
  if (preview.error) return <ProblemNote error={preview.error} again={() => void preview.refetch()} />;
  if (!preview.data) return <Skeleton height={140} aria-label="Looking at what would happen" />;
  const { executed, left, stale, takes, workspace } = outlook(preview.data, asked.starts, asked.one);
  const mine = [...runs.values()].filter(({ name }) => name.startsWith(`${project.name}/`));
  const ends = superseded(mine);
  return (
    <Stack gap={6} component="section" aria-label="What would happen" aria-live="polite" aria-busy={preview.isFetching}>
      <Title order={3} size="h5">
        What would happen
      </Title>
      <Text size="sm">
        Executes <b>{executed}</b>.
      </Text>
      <Text size="sm">{workspace}</Text>
      <Text size="sm">{takes}</Text>
      {left.length ? (
        <Group gap={4}>
          <Text size="sm">Left as they are:</Text>
          {left.map(([definition, stage]) => (
            <StageLink key={definition} project={project.name} stage={stage} />
          ))}
        </Group>
      ) : null}
      {stale.length ? (
        <Group gap={4}>
          <Text size="sm">No longer the latest results:</Text>
          {stale.map((stage) => (
            <StageLink key={stage} project={project.name} stage={stage} />
          ))}
        </Group>
      ) : null}
      {ends ? <Text size="sm">{ends}</Text> : null}
    </Stack>
  );
}

function StageLink({ project, stage }: { project: string; stage: string }) {
  return (
    <Anchor
      size="sm"
      ff="monospace"
      renderRoot={(props) => (
        <Link {...props} to="/projects/$project/stages/$stage" params={{ project: idOf(project), stage }} />
      )}
    >
      {stage}
    </Anchor>
  );
}
