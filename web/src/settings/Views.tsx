// Saved views of the list of projects: renamed, shared and deleted here; made where they are of use, above the list.
import {
  ActionIcon,
  Anchor,
  Button,
  Group,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
  VisuallyHidden,
} from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { View } from "../api/winslow/v1/view_pb.ts";
import { useTable } from "../live/Live.tsx";
import { useReadOnly } from "../live/useReadOnly.ts";
import { modals } from "../parts/dialogs.ts";
import { Empty } from "../parts/Empty.tsx";
import { askedBy, inOrder } from "../projects/views.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";

export function Views() {
  const views = inOrder(useTable("view").values());
  if (views.length === 0) {
    return (
      <Empty
        title="No views yet"
        action={
          <Button renderRoot={(props) => <Link to="/projects" {...props} />} variant="default">
            To the projects
          </Button>
        }
      >
        Filter, group and order the list of projects as you need it again and again, and keep that under a name.
      </Empty>
    );
  }
  return (
    <Stack gap="sm" maw={860}>
      <Text size="sm">What you look for among the projects again and again. Shared ones everybody sees.</Text>
      <Table.ScrollContainer minWidth={520}>
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>View</Table.Th>
              <Table.Th>Looks for</Table.Th>
              <Table.Th>Author</Table.Th>
              <Table.Th>Shared</Table.Th>
              <Table.Th w={40}>
                <VisuallyHidden>Delete</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {views.map((view) => (
              <Row key={view.name} view={view} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

function Row({ view }: { view: View }) {
  const { views } = useServices();
  const { act, busy } = useAct();
  const [renames, setRenames] = useState(false);
  const readOnly = useReadOnly() !== undefined;
  const { name, revision: expectedRevision } = view;
  const change = (what: string, changed: { displayName?: string; shared?: boolean }, path: string) =>
    act(what, (requestId) =>
      views.updateView({ requestId, view: { name, ...changed }, updateMask: { paths: [path] }, expectedRevision }),
    );
  const ask = () =>
    modals.openConfirmModal({
      title: `Delete the view ${view.displayName}?`,
      children: <Text size="sm">The projects that it shows stay as they are.</Text>,
      labels: { confirm: "Delete", cancel: "Cancel" },
      confirmProps: { color: "red" },
      onConfirm: () =>
        void act("Delete the view", (requestId) => views.deleteView({ requestId, name, expectedRevision })),
    });
  return (
    <Table.Tr>
      <Table.Td>
        {renames ? (
          <Rename
            view={view}
            onDone={(displayName) => {
              setRenames(false);
              if (displayName) void change("Rename the view", { displayName }, "display_name");
            }}
          />
        ) : (
          <Group gap={4} wrap="nowrap">
            <Anchor size="sm" renderRoot={(props) => <Link to="/projects" search={askedBy(view)} {...props} />}>
              {view.displayName}
            </Anchor>
            <ActionIcon
              variant="subtle"
              color="gray"
              disabled={readOnly}
              aria-label={`Rename ${view.displayName}`}
              onClick={() => setRenames(true)}
            >
              <IconPencil size={14} aria-hidden />
            </ActionIcon>
          </Group>
        )}
      </Table.Td>
      <Table.Td style={{ overflowWrap: "anywhere" }}>{looksFor(view)}</Table.Td>
      <Table.Td>{view.author}</Table.Td>
      <Table.Td>
        <Switch
          aria-label={`Everybody sees ${view.displayName}`}
          checked={view.shared}
          disabled={busy || readOnly}
          onChange={(event) => void change("Share the view", { shared: event.currentTarget.checked }, "shared")}
        />
      </Table.Td>
      <Table.Td>
        <ActionIcon
          variant="subtle"
          color="gray"
          disabled={readOnly}
          aria-label={`Delete ${view.displayName}`}
          onClick={ask}
        >
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      </Table.Td>
    </Table.Tr>
  );
}

function Rename({ view, onDone }: { view: View; onDone: (name: string) => void }) {
  const [name, setName] = useState(view.displayName);
  return (
    <TextInput
      size="xs"
      aria-label={`New name of ${view.displayName}`}
      value={name}
      data-autofocus
      autoFocus
      onChange={(event) => setName(event.currentTarget.value)}
      onBlur={() => onDone(name.trim() === view.displayName ? "" : name.trim())}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") onDone("");
      }}
    />
  );
}

/** "state FAILED, tag lisbon". */
function looksFor(view: View): string {
  const said = [...new URLSearchParams(view.search)].map(([key, value]) => `${key} ${value}`).join(", ");
  return said || "all projects";
}
