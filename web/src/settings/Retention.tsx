// Which workspaces are kept, for all projects without a policy of their own; what would go is seen before it is saved.
import { Button, Checkbox, Group, NumberInput, Stack, Switch, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState } from "react";
import type { RetentionPolicy } from "../api/winslow/v1/retention_pb.ts";
import { useReadOnly } from "../live/useReadOnly.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { ChangedNote } from "./ChangedNote.tsx";
import { changedFields, type Draft, draftOf, inWords, isSame, policyOf } from "./retention.ts";
import { useSetting } from "./useSetting.ts";
import { WouldGo } from "./WouldGo.tsx";

const NAME = "retentionPolicy";

export function Retention() {
  const { settings } = useServices();
  const setting = useSetting<RetentionPolicy, Draft>({
    what: "Save the policy",
    key: "retention",
    read: () => settings.getRetentionPolicy({ name: NAME }),
    write: ({ draft, base, requestId, expectedRevision }) =>
      settings.updateRetentionPolicy({
        requestId,
        retentionPolicy: { name: NAME, ...policyOf(draft) },
        updateMask: { paths: changedFields(draftOf(base), draft) },
        expectedRevision,
      }),
  });
  const [seen, setSeen] = useState<Draft>();
  const readOnly = useReadOnly();
  const { value } = setting;
  const saved = useMemo(() => value && draftOf(value), [value]);
  const draft = setting.draft ?? saved;
  const [settled] = useDebouncedValue(draft, 400);
  if (setting.error && !setting.value) return <ProblemNote error={setting.error} again={setting.again} />;
  if (!saved || !draft) return null;
  const change = (part: Partial<Draft>) => setting.edit({ ...draft, ...part });
  const dirty = !isSame(draft, saved);
  const looked = seen !== undefined && isSame(seen, draft);
  return (
    <Stack gap="md" maw={760}>
      <Text size="sm">
        Only workspaces go: outputs, logs, results and records stay for ever. A workspace that is pinned, that a live
        stage or an open gate needs, or that a later attempt stands on is always kept. Projects may have a policy of
        their own.
      </Text>
      {setting.conflict ? (
        <ChangedNote
          now={inWords(saved)}
          busy={setting.busy}
          onTheirs={setting.undo}
          onMine={() => void setting.save(true)}
        />
      ) : null}
      <Optional
        label="Keep only the newest that succeeded, of each stage definition"
        unit="workspaces"
        value={draft.keepSucceeded}
        otherwise={3}
        min={0}
        onChange={(keepSucceeded) => change({ keepSucceeded })}
      />
      <Optional
        label="Let go of workspaces older than"
        unit="days"
        value={draft.maxAge}
        otherwise={90}
        min={0}
        onChange={(maxAge) => change({ maxAge })}
      />
      <Switch
        label="Keep workspaces of attempts that did not succeed"
        checked={draft.keepFailed}
        onChange={(event) => change({ keepFailed: event.currentTarget.checked })}
      />
      <Switch
        label="Let go of workspaces of definitions marked discardable as soon as nobody needs them"
        checked={draft.dropDiscardable}
        onChange={(event) => change({ dropDiscardable: event.currentTarget.checked })}
      />
      <WouldGo draft={settled ?? draft} onSeen={setSeen} />
      <Group gap="xs">
        <Button
          disabled={!dirty || !looked || readOnly !== undefined}
          title={readOnly ?? (dirty && !looked ? "What would go is being looked up" : undefined)}
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

interface OptionalProps {
  label: string;
  unit: string;
  value: number | undefined;
  /** What is proposed when the rule is switched on. */
  otherwise: number;
  min: number;
  onChange: (value: number | undefined) => void;
}

function Optional({ label, unit, value, otherwise, min, onChange }: OptionalProps) {
  return (
    <Group gap="sm" align="center">
      <Checkbox
        label={label}
        checked={value !== undefined}
        onChange={(event) => onChange(event.currentTarget.checked ? otherwise : undefined)}
      />
      {value === undefined ? null : (
        <NumberInput
          aria-label={`${label}: ${unit}`}
          w={140}
          size="xs"
          suffix={` ${unit}`}
          min={min}
          max={100_000}
          value={value}
          onChange={(next) => typeof next === "number" && onChange(next)}
        />
      )}
    </Group>
  );
}
