// The variables of every stage in the cluster: the outermost of the four layers, which pipelines, stages and people override.
import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useRef } from "react";
import type { GlobalEnvironment } from "../api/winslow/v1/settings_pb.ts";
import { useResource } from "../live/Live.tsx";
import { useReadOnly } from "../live/useReadOnly.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { ChangedNote } from "./ChangedNote.tsx";
import { differences, environmentOf, faultOf, type Row, rowsOf, same } from "./environment.ts";
import { useSetting } from "./useSetting.ts";

export function Environment() {
  const { settings } = useServices();
  const told = useResource("globalEnvironment", "globalEnvironment")?.revision;
  const setting = useSetting<GlobalEnvironment, Row[]>({
    what: "Save the environment",
    key: "environment",
    read: () => settings.getGlobalEnvironment({}),
    write: ({ draft, base, requestId, expectedRevision }) =>
      settings.updateGlobalEnvironment({
        requestId,
        expectedRevision,
        ...differences(base.environment, environmentOf(draft)),
      }),
    told,
  });
  const fresh = useRef(1_000_000);
  const readOnly = useReadOnly();
  if (setting.error && !setting.value) return <ProblemNote error={setting.error} again={setting.again} />;
  if (!setting.value) return null;
  const saved = setting.value.environment;
  const rows = setting.draft ?? rowsOf(saved);
  const faulty = rows.some((row) => faultOf(row, rows));
  const dirty = setting.draft !== undefined && (faulty || !same(environmentOf(rows), saved));
  const change = (id: number, part: Partial<Row>) =>
    setting.edit(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  return (
    <Stack gap="sm" maw={760}>
      <Text size="sm">
        Every stage of every project gets these variables when it starts. A pipeline, a stage definition, or whoever
        starts a run may give a variable another value; the innermost counts. Stages that have started stay as they are.
      </Text>
      {setting.conflict ? (
        <ChangedNote
          now={
            Object.entries(saved)
              .map(([name, value]) => `${name}=${value}`)
              .join(", ")
              .slice(0, 300) || "no variables"
          }
          busy={setting.busy}
          onTheirs={setting.undo}
          onMine={() => void setting.save(true)}
        />
      ) : null}
      {rows.length ? null : <Text c="dimmed">There are no variables yet.</Text>}
      {rows.map((row) => (
        <Group key={row.id} gap="xs" align="flex-start" wrap="nowrap">
          <TextInput
            aria-label="Name"
            placeholder="NAME"
            ff="monospace"
            value={row.name}
            error={faultOf(row, rows)}
            onChange={(event) => change(row.id, { name: event.currentTarget.value })}
            style={{ flex: 1, minWidth: 100 }}
          />
          <TextInput
            aria-label={`Value of ${row.name || "the new variable"}`}
            placeholder="value"
            value={row.value}
            onChange={(event) => change(row.id, { value: event.currentTarget.value })}
            style={{ flex: 2 }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={`Remove ${row.name || "the empty variable"}`}
            onClick={() => setting.edit(rows.filter((other) => other !== row))}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      <Group gap="xs">
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => setting.edit([...rows, { id: fresh.current++, name: "", value: "" }])}
        >
          Add a variable
        </Button>
        <Button
          disabled={!dirty || faulty || readOnly !== undefined}
          title={readOnly}
          loading={setting.busy}
          onClick={() => void setting.save()}
        >
          Save
        </Button>
        {dirty ? (
          <Button variant="subtle" color="gray" onClick={setting.undo}>
            Undo
          </Button>
        ) : null}
      </Group>
    </Stack>
  );
}
