// Saved views: what somebody looks for again and again, by a name, for themselves or for everybody.
import { ActionIcon, Button, Checkbox, Group, Menu, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconBookmark, IconTrash, IconUsers } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { memo, useState } from "react";
import type { View } from "../api/winslow/v1/view_pb.ts";
import { useTable } from "../live/Live.tsx";
import { useReadOnly } from "../live/useReadOnly.ts";
import { idOf } from "../parts/names.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import type { Asked } from "./criteria.ts";
import { askedBy, inOrder, searchOf } from "./views.ts";

const route = getRouteApi("/projects");

interface Props {
  asked: Asked;
  opened: boolean;
  /** The same function each time. */
  onOpened: (opened: boolean) => void;
}

export const Views = memo(function Views({ asked, opened, onOpened }: Props) {
  const views = inOrder(useTable("view").values());
  const services = useServices();
  const navigate = route.useNavigate();
  const readOnly = useReadOnly();
  const { act } = useAct();
  const [saves, setSaves] = useState(false);
  const current = views.find((view) => idOf(view.name) === asked.view);
  const forget = (view: View) =>
    act(`Delete the view ${view.displayName}`, (requestId) =>
      services.views.deleteView({ requestId, name: view.name }),
    );
  return (
    <>
      <Menu position="bottom-end" width={280} opened={opened} onChange={onOpened}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden />} maw={{ base: 120, sm: 200 }}>
            {current?.displayName ?? "Views"}
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah="60vh" style={{ overflow: "auto" }}>
          {views.map((view) => (
            <Group key={view.name} gap={0} wrap="nowrap">
              <Menu.Item
                fw={view === current ? 600 : undefined}
                rightSection={view.shared ? <IconUsers size={14} aria-label="shared with everybody" /> : null}
                onClick={() => void navigate({ search: askedBy(view) })}
              >
                {view.displayName}
              </Menu.Item>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Delete the view ${view.displayName}`}
                disabled={readOnly !== undefined}
                onClick={() => void forget(view)}
              >
                <IconTrash size={14} aria-hidden />
              </ActionIcon>
            </Group>
          ))}
          {views.length ? (
            <Menu.Divider />
          ) : (
            <Text size="sm" c="dimmed" p="xs">
              Filter, group and order the list, and keep that under a name.
            </Text>
          )}
          <Menu.Item disabled={readOnly !== undefined || !searchOf(asked)} onClick={() => setSaves(true)}>
            Save what is shown now…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {saves ? <Save asked={asked} onClose={() => setSaves(false)} /> : null}
    </>
  );
});

function Save({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const services = useServices();
  const navigate = route.useNavigate();
  const { act, busy } = useAct();
  const [displayName, setName] = useState("");
  const [shared, setShared] = useState(false);
  const save = async () => {
    const view = { displayName: displayName.trim(), search: searchOf(asked), shared };
    const made = await act("Save the view", (requestId) => services.views.createView({ requestId, view }));
    if (!made) return;
    onClose();
    void navigate({ search: { ...asked, view: idOf(made.name) }, replace: true });
  };
  return (
    <Modal opened onClose={onClose} title="Save as a view">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (displayName.trim() && !busy) void save();
        }}
      >
        <Stack>
          <TextInput
            label="Name"
            value={displayName}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          <Checkbox
            label="Everybody sees it"
            checked={shared}
            onChange={(event) => setShared(event.currentTarget.checked)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={!displayName.trim()}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
