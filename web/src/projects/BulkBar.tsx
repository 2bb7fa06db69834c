// What can be done to the projects that are selected, all at once.
import { Button, CloseButton, Group, Paper, Text, Tooltip } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconPlayerTrackNext, IconTag, IconTrash } from "@tabler/icons-react";
import { type ReactNode, Suspense, useMemo, useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { useReadOnly } from "../live/useReadOnly.ts";
import { lazyPart } from "../parts/fetching.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { type Act, pausing, resuming, starting } from "./actions.ts";
import type { Projects } from "./arranging.ts";

const BulkWork = lazyPart(() => import("./BulkWork.tsx"), "BulkWork");
const TagDialog = lazyPart(() => import("./TagDialog.tsx"), "TagDialog");
const DeleteDialog = lazyPart(() => import("./DeleteDialog.tsx"), "DeleteDialog");

/** Something under way: what it is called, and to what it is done. */
interface Work {
  what: string;
  act: Act;
  projects: readonly Project[];
}

interface Props {
  names: ReadonlySet<string>;
  table: Projects;
  onClear: () => void;
}

export function BulkBar({ names, table, onClear }: Props) {
  const services = useServices();
  const readOnly = useReadOnly();
  const [asks, setAsks] = useState<"tag" | "delete">();
  const [work, setWork] = useState<Work>();
  const projects = useMemo(() => [...names].flatMap((name) => table.get(name) ?? []), [names, table]);
  const begin = (what: string, act: Act) => setWork({ what, act, projects });
  const action = (word: string, icon: ReactNode, act: () => void, colour?: string) => (
    <Tooltip key={word} label={readOnly} disabled={!readOnly}>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={icon}
        {...(colour && !readOnly ? { c: colour } : {})}
        {...(readOnly ? { "data-disabled": true, "aria-disabled": true } : {})}
        onClick={() => !readOnly && act()}
      >
        {word}
      </Button>
    </Tooltip>
  );
  return (
    <Paper withBorder px="sm" py={4} role="toolbar" aria-label="What to do with the selected projects">
      <Group gap="xs">
        <CloseButton size="sm" aria-label="Select none" onClick={onClear} />
        <Text size="sm" fw={600} mr="xs" aria-live="polite">
          {projects.length} selected
        </Text>
        {action("Start", <IconPlayerPlay size={14} aria-hidden />, () => begin("Start", starting(services)))}
        {action("Pause", <IconPlayerPause size={14} aria-hidden />, () => begin("Pause", pausing(services)))}
        {action("Resume", <IconPlayerTrackNext size={14} aria-hidden />, () => begin("Resume", resuming(services)))}
        {action("Tags…", <IconTag size={14} aria-hidden />, () => setAsks("tag"))}
        {action("Delete…", <IconTrash size={14} aria-hidden />, () => setAsks("delete"), "red")}
      </Group>
      <Suspense>
        {asks === "tag" ? (
          <TagDialog {...{ projects, table }} onAct={begin} onClose={() => setAsks(undefined)} />
        ) : null}
        {asks === "delete" ? <DeleteDialog {...{ projects }} onAct={begin} onClose={() => setAsks(undefined)} /> : null}
        {work ? <BulkWork {...work} onClose={() => setWork(undefined)} onAllDone={onClear} /> : null}
      </Suspense>
    </Paper>
  );
}
