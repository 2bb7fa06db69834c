// Projects are deleted with all that belongs to them and do not come back: whoever does that says how many, or which, by hand.
import { Alert, Button, Checkbox, Group, List, Modal, Stack, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { idOf } from "../parts/names.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { type Act, deleting } from "./actions.ts";

const NAMED = 8;

interface Props {
  projects: readonly Project[];
  onAct: (what: string, act: Act) => void;
  onClose: () => void;
}

export function DeleteDialog({ projects, onAct, onClose }: Props) {
  const services = useServices();
  const [said, setSaid] = useState("");
  const [force, setForce] = useState(false);
  const [first] = projects;
  if (!first) return null;
  const one = projects.length === 1;
  const password = one ? idOf(first.name) : String(projects.length);
  const busy = projects.filter(({ currentStages }) => currentStages.length > 0).length;
  return (
    <Modal
      opened
      onClose={onClose}
      title={one ? `Delete ${first.displayName}?` : `Delete ${projects.length} projects?`}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (said.trim() !== password) return;
          onAct("Delete", deleting(services, force));
          onClose();
        }}
      >
        <Stack>
          <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />}>
            Their files, workspaces, outputs, logs and history go with them, and nothing brings them back.
          </Alert>
          {one ? null : (
            <List size="sm" listStyleType="none">
              {projects.slice(0, NAMED).map(({ name, displayName }) => (
                <List.Item key={name}>
                  {displayName} <small>{idOf(name)}</small>
                </List.Item>
              ))}
              {projects.length > NAMED ? <List.Item>and {projects.length - NAMED} more</List.Item> : null}
            </List>
          )}
          {busy ? (
            <Checkbox
              label="Abort what still runs in them"
              description={`${one ? "It is" : `${busy} of them are`} at work, and not deleted otherwise`}
              checked={force}
              onChange={(event) => setForce(event.currentTarget.checked)}
            />
          ) : null}
          <TextInput
            label={
              one ? `To delete it, type its id: ${password}` : `To delete them, type how many they are: ${password}`
            }
            value={said}
            onChange={(event) => setSaid(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" color="red" disabled={said.trim() !== password}>
              Delete {one ? "it" : `all ${projects.length}`}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
