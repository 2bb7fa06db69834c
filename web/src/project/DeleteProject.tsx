// The end of a project: asked for by typing its name, since nothing brings it back.
import { Button, Checkbox, Divider, Group, Modal, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";

export function DeleteProject({ project }: { project: Project }) {
  const [open, setOpen] = useState(false);
  return (
    <Stack gap="xs" mt="xl">
      <Divider />
      <Title order={3} size="h5">
        Delete it
      </Title>
      <Text size="sm">Deletes its files, all attempts, their logs and its history. Nothing brings them back.</Text>
      <Group>
        <Button color="red" variant="outline" disabled={project.deleting} onClick={() => setOpen(true)}>
          {project.deleting ? "It is being deleted" : "Delete project…"}
        </Button>
      </Group>
      <Modal opened={open} onClose={() => setOpen(false)} title={`Delete ${project.displayName}?`}>
        {open ? <Sure project={project} close={() => setOpen(false)} /> : null}
      </Modal>
    </Stack>
  );
}

export function Sure({ project, close }: { project: Project; close: () => void }) {
  const { projects } = useServices();
  const { act, busy } = useAct();
  const [typed, setTyped] = useState("");
  const [force, setForce] = useState(false);
  const live = project.currentStages.length;
  const possible = typed === project.displayName && (live === 0 || force);
  const remove = async () => {
    const { name } = project;
    if (await act("Delete", (requestId) => projects.deleteProject({ requestId, name, force }))) close();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (possible) void remove();
      }}
    >
      <Stack>
        <Text size="sm">
          Its input files, workspaces, outputs, logs and history are deleted for good. Type its name to confirm.
        </Text>
        <TextInput
          label={
            <>
              Name of the project:{" "}
              <Text span fw={700}>
                {project.displayName}
              </Text>
            </>
          }
          data-autofocus
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {live ? (
          <Checkbox
            label={`Abort ${live === 1 ? "the stage that is" : `the ${live} stages that are`} under way`}
            checked={force}
            onChange={(event) => setForce(event.currentTarget.checked)}
          />
        ) : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Leave it
          </Button>
          <Button type="submit" color="red" disabled={!possible} loading={busy}>
            Delete for good
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
