// One thing being done to many projects: how far it is, and which of them it was not done to, and why.
import { Button, Group, List, Modal, Progress, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useEffect, useRef, useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Act } from "./actions.ts";
import { type Bulk, inBulk } from "./bulk.ts";

interface Props {
  what: string;
  act: Act;
  projects: readonly Project[];
  onClose: () => void;
  /** Nothing was refused. */
  onAllDone: () => void;
}

export function BulkWork({ what, act, projects, onClose, onAllDone }: Props) {
  const [now, setNow] = useState<Bulk<Project>>();
  const begun = useRef(false);
  const stop = useRef(new AbortController());
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    void inBulk(projects, act, setNow, stop.current.signal).then((end) => {
      if (end.refused.length || end.stopped) return;
      notifications.show({ message: `${what}: ${counted(end.done)}`, color: "teal", autoClose: 3000 });
      onAllDone();
      onClose();
    });
  }, [what, act, projects, onClose, onAllDone]);
  const tried = (now?.done ?? 0) + (now?.refused.length ?? 0);
  return (
    <Modal
      opened
      onClose={() => (now?.over ? onClose() : stop.current.abort())}
      title={`${what}: ${counted(projects.length)}`}
      closeOnClickOutside={now?.over ?? false}
      closeButtonProps={{ "aria-label": now?.over ? "Close" : "Stop" }}
    >
      <Stack gap="sm">
        <Progress value={(100 * tried) / projects.length} aria-label="How many are through" transitionDuration={100} />
        <Text size="sm" aria-live="polite">
          {tried} of {projects.length} through
          {now?.refused.length ? `, ${now.refused.length} not done` : ""}
          {now?.over && now.stopped ? "; the others were not begun" : ""}
        </Text>
        {now?.refused.length ? <Refused {...{ now }} /> : null}
        <Group justify="flex-end">
          {now?.over ? (
            <Button onClick={onClose}>Close</Button>
          ) : (
            <Button variant="default" onClick={() => stop.current.abort()}>
              Stop after those under way
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function Refused({ now }: { now: Bulk<Project> }) {
  return (
    <List size="sm" spacing={6} mah="40vh" style={{ overflow: "auto" }} listStyleType="none" aria-label="Not done">
      {now.refused.map(({ item, problem }) => (
        <List.Item key={item.name}>
          <Text size="sm" fw={600} span>
            {item.displayName}
          </Text>
          : {problem.message}
          {problem.hint ? (
            <Text size="xs" c="dimmed">
              {problem.hint}
            </Text>
          ) : null}
        </List.Item>
      ))}
    </List>
  );
}

const counted = (count: number) => (count === 1 ? "1 project" : `${count} projects`);
