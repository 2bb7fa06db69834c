// Two attempts of a project side by side: everything that differs, and what they made, in step.
import { Anchor, Button, Group, Kbd, Skeleton, Stack, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowsExchange } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { Empty } from "../parts/Empty.tsx";
import { projectName, stageName } from "../parts/names.ts";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { useAttempts } from "../project/useAttempts.ts";
import { useProject } from "../project/useProject.ts";
import { attemptBefore } from "../stage/results.ts";
import { newestFirst } from "./attempts.ts";
import { Inspection, tabOf } from "./Inspection.tsx";
import { StagePicker } from "./StagePicker.tsx";

const route = getRouteApi("/projects/$project/compare");

export function Compare() {
  const { project: id } = route.useParams();
  const { project, gone } = useProject(projectName(id));
  if (gone) return <Empty title="There is no such project">It may have been deleted.</Empty>;
  if (!project) return <Skeleton height={320} aria-label="Loading" />;
  return <Compared id={id} project={project} />;
}

function Compared({ id, project }: { id: string; project: Project }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { stages, ready } = useAttempts(project);
  const go = (change: typeof search) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true });
  const after = search.after ?? latest(stages.values());
  const all = useMemo(() => [...stages.values()], [stages]);
  const its = stages.get(stageName(id, after));
  const found = its && attemptBefore(its, stages.values());
  const before = search.before ?? (found ? found.name.slice(stageName(id, "").length) : "");
  const swap = () => go({ before: after, after: before });
  useHotkeys([["x", swap]]);
  usePageTitle(before && after ? `${before} and ${after}` : "Compare", project.displayName);
  return (
    <Stack gap="md">
      <div>
        <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/projects/$project" params={{ project: id }} />}>
          {project.displayName}
        </Anchor>
        <Title order={2}>Compare two attempts</Title>
      </div>
      <Group align="end" gap="xs">
        <StagePicker
          label="Before"
          stages={all}
          definition={its?.definition?.name}
          value={before}
          onPick={(stage) => go({ before: stage })}
        />
        <Button
          size="xs"
          variant="default"
          leftSection={<IconArrowsExchange size={14} aria-hidden />}
          rightSection={<Kbd size="xs">x</Kbd>}
          disabled={!before || !after}
          onClick={swap}
        >
          Swap
        </Button>
        <StagePicker
          label="After"
          stages={all}
          definition={its?.definition?.name}
          value={after}
          onPick={(stage) => go({ after: stage })}
        />
      </Group>
      {after ? (
        <Inspection
          after={stageName(id, after)}
          before={before ? stageName(id, before) : ""}
          tab={tabOf(search.tab ?? (before ? "differences" : undefined))}
          onTab={(tab) => go({ tab })}
          file={search.file}
          onFile={(file) => go({ file })}
        />
      ) : ready ? (
        <Empty title="Nothing to compare yet">No stage of this project was started so far.</Empty>
      ) : (
        <Skeleton height={320} aria-label="Loading the attempts" />
      )}
    </Stack>
  );
}

/** The latest attempt that has ended, "" where there is none. */
function latest(stages: Parameters<typeof newestFirst>[0]): string {
  const found = newestFirst(stages).find((stage) => stage.endTime);
  return found ? found.name.slice(found.name.lastIndexOf("/") + 1) : "";
}
