// How many stages may be placed at a time, so that nobody has the cluster alone.
import { ActionIcon, Autocomplete, Button, Fieldset, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { Limits as LimitsKept } from "../api/winslow/v1/settings_pb.ts";
import { useTable } from "../live/Live.tsx";
import { useReadOnly } from "../live/useReadOnly.ts";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { ChangedNote } from "./ChangedNote.tsx";
import { changedFields, type Draft, draftOf, inWords, isSame } from "./limits.ts";
import { useSetting } from "./useSetting.ts";

const MOST = 100_000;

export function Limits() {
  const { settings } = useServices();
  const setting = useSetting<LimitsKept, Draft>({
    what: "Save the limits",
    key: "limits",
    read: () => settings.getLimits({}),
    write: ({ draft, base, requestId, expectedRevision }) =>
      settings.updateLimits({
        requestId,
        limits: draft,
        updateMask: { paths: changedFields(draftOf(base), draft) },
        expectedRevision,
      }),
  });
  const projects = useTable("project");
  const readOnly = useReadOnly();
  const called = useMemo(
    () => new Map([...projects.values()].map((project) => [idOf(project.name), project.displayName])),
    [projects],
  );
  const authors = useMemo(() => [...new Set([...projects.values()].map(({ author }) => author))].sort(), [projects]);
  if (setting.error && !setting.value) return <ProblemNote error={setting.error} again={setting.again} />;
  if (!setting.value) return null;
  const saved = draftOf(setting.value);
  const draft = setting.draft ?? saved;
  const change = (part: Partial<Draft>) => setting.edit({ ...draft, ...part });
  const dirty = !isSame(draft, saved);
  return (
    <Stack gap="md" maw={760}>
      <Text size="sm">
        A stage counts for who started its run, and for its project, while it has a node. What is more waits its turn
        and says so; stages that have a node stay. 0 means as many as fit. Of a node: on its page.
      </Text>
      {setting.conflict ? (
        <ChangedNote
          now={inWords(setting.value)}
          busy={setting.busy}
          onTheirs={setting.undo}
          onMine={() => void setting.save(true)}
        />
      ) : null}
      <Group grow align="flex-start">
        <Count label="Stages of each user" value={draft.perUser} onChange={(perUser) => change({ perUser })} />
        <Count
          label="Stages of each project"
          value={draft.perProject}
          onChange={(perProject) => change({ perProject })}
        />
      </Group>
      <Fieldset legend="Users with a number of their own">
        <Own
          what="user"
          numbers={draft.users}
          called={(name) => name}
          onChange={(users) => change({ users })}
          pick={(onPick) => <PickUser known={authors} onPick={onPick} />}
        />
      </Fieldset>
      <Fieldset legend="Projects with a number of their own">
        <Own
          what="project"
          numbers={draft.projects}
          called={(id) => called.get(id) ?? id}
          onChange={(own) => change({ projects: own })}
          pick={(onPick) => (
            <Select
              aria-label="Project to give a number of its own"
              placeholder="Add a project"
              searchable
              limit={100}
              value={null}
              data={[...called].filter(([id]) => !(id in draft.projects)).map(([value, label]) => ({ value, label }))}
              onChange={(id) => id && onPick(id)}
            />
          )}
        />
      </Fieldset>
      <Group gap="xs">
        <Button
          disabled={!dirty || readOnly !== undefined}
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

function Count({ label, value, onChange }: { label: string; value: number; onChange: (value: number) => void }) {
  return (
    <NumberInput
      label={label}
      description={value === 0 ? "as many as fit" : `at most ${value} at a time`}
      min={0}
      max={MOST}
      allowDecimal={false}
      allowNegative={false}
      value={value}
      onChange={(next) => onChange(Number(next) || 0)}
    />
  );
}

interface OwnProps {
  what: string;
  numbers: Record<string, number>;
  called: (name: string) => string;
  onChange: (numbers: Record<string, number>) => void;
  pick: (onPick: (name: string) => void) => React.ReactNode;
}

function Own({ what, numbers, called, onChange, pick }: OwnProps) {
  const without = (name: string) => Object.fromEntries(Object.entries(numbers).filter(([other]) => other !== name));
  return (
    <Stack gap="xs">
      {Object.entries(numbers)
        .sort()
        .map(([name, limit]) => (
          <Group key={name} gap="xs" wrap="nowrap">
            <Text style={{ flex: 1, overflowWrap: "anywhere" }}>{called(name)}</Text>
            <NumberInput
              aria-label={`Stages of ${called(name)}`}
              w={110}
              min={0}
              max={MOST}
              allowDecimal={false}
              value={limit}
              onChange={(next) => onChange({ ...numbers, [name]: Number(next) || 0 })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={`The ${what} ${called(name)} has no number of its own any more`}
              onClick={() => onChange(without(name))}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
      {pick((name) => onChange({ ...numbers, [name]: numbers[name] ?? 1 }))}
    </Stack>
  );
}

function PickUser({ known, onPick }: { known: readonly string[]; onPick: (name: string) => void }) {
  const [name, setName] = useState("");
  const add = (chosen: string) => {
    if (chosen.trim()) onPick(chosen.trim());
    setName("");
  };
  return (
    <Group gap="xs" wrap="nowrap">
      <Autocomplete
        aria-label="User to give a number of their own"
        placeholder="Add a user"
        data={[...known]}
        value={name}
        onChange={setName}
        onOptionSubmit={add}
        onKeyDown={(event) => event.key === "Enter" && add(name)}
        style={{ flex: 1 }}
      />
      <Button variant="default" disabled={!name.trim()} onClick={() => add(name)}>
        Add
      </Button>
    </Group>
  );
}
