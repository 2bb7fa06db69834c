// Tags that many projects get or lose at once, whatever others do to them meanwhile.
import { Button, Group, Modal, Stack, TagsInput } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { type Act, tagging } from "./actions.ts";
import type { Projects } from "./arranging.ts";
import { choices } from "./choices.ts";

interface Props {
  projects: readonly Project[];
  table: Projects;
  onAct: (what: string, act: Act) => void;
  onClose: () => void;
}

export function TagDialog({ projects, table, onAct, onClose }: Props) {
  const services = useServices();
  const [added, setAdded] = useState<string[]>([]);
  const [removed, setRemoved] = useState<string[]>([]);
  const all = useMemo(() => choices(table, "tag"), [table]);
  const theirs = useMemo(() => [...new Set(projects.flatMap(({ tags }) => tags))].sort(), [projects]);
  return (
    <Modal opened onClose={onClose} title={projects.length === 1 ? "Tags" : `Tags of ${projects.length} projects`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onAct("Tag", tagging(services, added, removed));
          onClose();
        }}
      >
        <Stack>
          <TagsInput
            label="Add"
            description="Enter after each"
            data={all}
            value={added}
            onChange={setAdded}
            maxDropdownHeight={200}
            acceptValueOnBlur
            data-autofocus
          />
          <TagsInput label="Remove" data={theirs} value={removed} onChange={setRemoved} acceptValueOnBlur />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={added.length + removed.length === 0}>
              Change tags
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
