// A subscription, new or changed: of what, of which projects, and where.
import {
  Button,
  Checkbox,
  Group,
  Modal,
  PasswordInput,
  SegmentedControl,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { useMemo, useState } from "react";
import type { Subscription } from "../../api/winslow/v1/subscription_pb.ts";
import { useTable } from "../../live/Live.tsx";
import { useServices } from "../../rpc/Rpc.tsx";
import { useAct } from "../../rpc/useAct.ts";
import {
  changesOf,
  type Draft,
  draftOf,
  FRESH,
  faultsOf,
  NOT_OF_PROJECTS,
  newSecret,
  OCCASIONS,
  subscriptionOf,
} from "./occasions.ts";

interface FormProps {
  /** What is changed; undefined for a new one. */
  before?: Subscription | undefined;
  onClose: () => void;
}

export function SubscriptionForm({ before: now, onClose }: FormProps) {
  const [before] = useState(now); // what others change while one writes is not taken for a change of one's own
  const { subscriptions } = useServices();
  const { act, busy } = useAct();
  const [draft, setDraft] = useState<Draft>(() => (before ? draftOf(before) : FRESH));
  const [tried, setTried] = useState(false);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const faults = tried ? faultsOf(draft) : {};
  const send = async () => {
    setTried(true);
    if (Object.keys(faultsOf(draft)).length) return;
    const { subscription, paths } = before
      ? changesOf(before, draft)
      : { subscription: subscriptionOf(draft), paths: [] };
    if (before && paths.length === 0) return onClose();
    const made = before
      ? await act("Change the subscription", (requestId) =>
          subscriptions.updateSubscription({ requestId, subscription, updateMask: { paths } }),
        )
      : await act("Add the subscription", (requestId) => subscriptions.createSubscription({ requestId, subscription }));
    if (made) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={before ? "Change who is told" : "Be told elsewhere"} size="lg">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void send();
        }}
      >
        <Stack>
          <SegmentedControl
            aria-label="Where"
            value={draft.place}
            onChange={(place) => change({ place: place as Draft["place"] })}
            data={[
              { value: "url", label: "Webhook" },
              { value: "email", label: "E-mail" },
            ]}
          />
          {draft.place === "url" ? (
            <Webhook draft={draft} faults={faults} change={change} signed={before?.signed ?? false} />
          ) : (
            <TextInput
              label="E-mail address"
              type="email"
              placeholder="ann@example.org"
              value={draft.email}
              error={faults.email}
              onChange={(event) => change({ email: event.currentTarget.value })}
              data-autofocus
            />
          )}
          <Checkbox.Group
            label="Tell when"
            error={faults.occasions}
            value={draft.occasions.map(String)}
            onChange={(values) => change({ occasions: values.map(Number) })}
          >
            <Stack gap={8} mt={6}>
              {OCCASIONS.map(({ occasion, word, about }) => (
                <Checkbox key={occasion} value={String(occasion)} label={word} description={about} />
              ))}
            </Stack>
          </Checkbox.Group>
          <Narrow draft={draft} change={change} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy}>
              {before ? "Save" : "Add"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface PartProps {
  draft: Draft;
  faults: ReturnType<typeof faultsOf>;
  change: (part: Partial<Draft>) => void;
}

function Webhook({ draft, faults, change, signed }: PartProps & { signed: boolean }) {
  return (
    <>
      <TextInput
        label="URL"
        description="Gets a POST with JSON"
        type="url"
        placeholder="https://chat.example.org/hooks/winslow"
        value={draft.url}
        error={faults.url}
        onChange={(event) => change({ url: event.currentTarget.value })}
        data-autofocus
      />
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <PasswordInput
          label="Secret, if the receiver checks signatures"
          description={
            signed ? "It has one, which stays unless you write another" : "Kept, and never shown again: note it now"
          }
          autoComplete="off"
          disabled={draft.unsigned}
          value={draft.secret}
          error={faults.secret}
          onChange={(event) => change({ secret: event.currentTarget.value })}
          style={{ flex: 1 }}
        />
        <Button variant="default" disabled={draft.unsigned} onClick={() => change({ secret: newSecret() })}>
          Make one
        </Button>
      </Group>
      {signed ? (
        <Checkbox
          label="Without a secret from now on"
          checked={draft.unsigned}
          onChange={(event) => change({ unsigned: event.currentTarget.checked, secret: "" })}
        />
      ) : null}
    </>
  );
}

function Narrow({ draft, change }: Omit<PartProps, "faults">) {
  const projects = useTable("project");
  const named = useMemo(
    () => [...projects.values()].map(({ name, displayName }) => ({ value: name, label: displayName })),
    [projects],
  );
  const tags = useMemo(() => [...new Set([...projects.values()].flatMap((one) => one.tags))].sort(), [projects]);
  return (
    <>
      <Group grow align="flex-start">
        <Select
          label="Only of this project"
          placeholder="All projects"
          searchable
          clearable
          limit={100}
          data={named}
          value={draft.project || null}
          onChange={(project) => change({ project: project ?? "" })}
        />
        <TagsInput
          label="Only of projects tagged"
          placeholder={draft.tags.length ? "" : "Any tag"}
          data={tags}
          value={draft.tags}
          onChange={(next) => change({ tags: next })}
          acceptValueOnBlur
        />
      </Group>
      {draft.occasions.some((occasion) => NOT_OF_PROJECTS.includes(occasion)) &&
      (draft.project || draft.tags.length) ? (
        <Text size="sm" c="dimmed">
          Of nodes and storage it is told all the same.
        </Text>
      ) : null}
    </>
  );
}
