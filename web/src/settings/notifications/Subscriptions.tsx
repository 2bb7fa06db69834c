// Webhooks and e-mails, live: what each tells, whether it arrives, and what is wrong where it does not.
import { ActionIcon, Alert, Badge, Button, Card, Group, Stack, Switch, Text, Title } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconMail,
  IconPencil,
  IconPlus,
  IconTrash,
  IconWebhook,
} from "@tabler/icons-react";
import { useState } from "react";
import type { Subscription } from "../../api/winslow/v1/subscription_pb.ts";
import { useLive, useResource, useTable } from "../../live/Live.tsx";
import { useReadOnly } from "../../live/useReadOnly.ts";
import { Ago } from "../../parts/Ago.tsx";
import { modals } from "../../parts/dialogs.ts";
import { Empty } from "../../parts/Empty.tsx";
import { idOf } from "../../parts/names.ts";
import { useServices } from "../../rpc/Rpc.tsx";
import { useAct } from "../../rpc/useAct.ts";
import { wordOf } from "./occasions.ts";
import { SubscriptionForm } from "./SubscriptionForm.tsx";

export function Subscriptions() {
  const table = useTable("subscription");
  const complete = useLive((picture) => picture.complete);
  const readOnly = useReadOnly();
  const [adds, setAdds] = useState(false);
  const all = [...table.values()].sort((one, other) =>
    Number((one.createTime?.seconds ?? 0n) - (other.createTime?.seconds ?? 0n)),
  );
  const add = (
    <Button
      leftSection={<IconPlus size={16} aria-hidden />}
      disabled={readOnly !== undefined}
      title={readOnly}
      onClick={() => setAdds(true)}
    >
      Add
    </Button>
  );
  return (
    <Stack gap="sm" maw={860}>
      <Group justify="space-between">
        <Title order={3} size="h4">
          Webhooks and e-mail
        </Title>
        {all.length ? add : null}
      </Group>
      {all.map((one) => (
        <One key={one.name} subscription={one} />
      ))}
      {complete && all.length === 0 ? (
        <Empty title="Nobody is told yet" action={add}>
          Have a chat, a script or a mailbox told when somebody is waited for, or when something fails, wherever you
          are.
        </Empty>
      ) : null}
      {adds ? <SubscriptionForm onClose={() => setAdds(false)} /> : null}
    </Stack>
  );
}

function One({ subscription }: { subscription: Subscription }) {
  const { subscriptions } = useServices();
  const { act, busy } = useAct();
  const readOnly = useReadOnly() !== undefined;
  const { name, revision: expectedRevision, url, email, disabled } = subscription;
  const place = url || email;
  const [changes, setChanges] = useState(false);
  const toggle = (next: boolean) =>
    act(next ? "Switch it off" : "Switch it on", (requestId) =>
      subscriptions.updateSubscription({
        requestId,
        subscription: { name, disabled: next },
        updateMask: { paths: ["disabled"] },
        expectedRevision,
      }),
    );
  const ask = () =>
    modals.openConfirmModal({
      title: "Tell it nothing any more?",
      children: (
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {place}
        </Text>
      ),
      labels: { confirm: "Delete", cancel: "Cancel" },
      confirmProps: { color: "red" },
      onConfirm: () =>
        void act("Delete the subscription", (requestId) =>
          subscriptions.deleteSubscription({ requestId, name, expectedRevision }),
        ),
    });
  return (
    <Card withBorder padding="sm" component="section" aria-label={place}>
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Group gap="xs" wrap="nowrap" miw={0}>
            {url ? <IconWebhook size={18} aria-label="Webhook" /> : <IconMail size={18} aria-label="E-mail" />}
            <Text fw={500} style={{ overflowWrap: "anywhere" }}>
              {place}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Switch
              aria-label={`${place} is told`}
              checked={!disabled}
              disabled={busy || readOnly}
              onChange={(event) => void toggle(!event.currentTarget.checked)}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              disabled={readOnly}
              aria-label={`Change ${place}`}
              onClick={() => setChanges(true)}
            >
              <IconPencil size={16} aria-hidden />
            </ActionIcon>
            <ActionIcon variant="subtle" color="gray" disabled={readOnly} aria-label={`Delete ${place}`} onClick={ask}>
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        </Group>
        <What subscription={subscription} />
        <Group justify="space-between" align="flex-end">
          <Health subscription={subscription} />
          <Button
            size="xs"
            variant="default"
            loading={busy}
            disabled={readOnly}
            onClick={() => void act("Send a test", (requestId) => subscriptions.testSubscription({ requestId, name }))}
          >
            Send a test
          </Button>
        </Group>
      </Stack>
      {changes ? <SubscriptionForm before={subscription} onClose={() => setChanges(false)} /> : null}
    </Card>
  );
}

function What({ subscription: { occasions, project, tags, signed, author } }: { subscription: Subscription }) {
  const of = useResource("project", project);
  return (
    <Group gap={6}>
      {occasions.map((occasion) => (
        <Badge key={occasion} variant="light" tt="none">
          {wordOf(occasion)}
        </Badge>
      ))}
      {project ? (
        <Badge variant="default" tt="none">
          only {of?.displayName ?? idOf(project)}
        </Badge>
      ) : null}
      {tags.map((tag) => (
        <Badge key={tag} variant="default" tt="none">
          {tag}
        </Badge>
      ))}
      {signed ? (
        <Badge variant="default" tt="none">
          signed
        </Badge>
      ) : null}
      <Text size="sm" c="dimmed">
        by {author}
      </Text>
    </Group>
  );
}

function Health({ subscription }: { subscription: Subscription }) {
  const { lastError, lastAttemptTime, failingSince, waitingCount, disabled } = subscription;
  if (lastError) {
    return (
      <Alert color="red" variant="light" p="xs" icon={<IconAlertTriangle size={16} aria-hidden />} flex={1} miw={240}>
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {lastError}
        </Text>
        <Text size="sm">
          Nothing has arrived since <Ago time={failingSince} />
          {waitingCount ? `; ${waitingCount} ${waitingCount === 1 ? "notice waits" : "notices wait"}` : ""}.
        </Text>
      </Alert>
    );
  }
  if (disabled) return <Text size="sm">Switched off: it is told nothing, and nothing is kept for it.</Text>;
  if (!lastAttemptTime) return <Text size="sm">Told nothing so far.</Text>;
  return (
    <Group gap={6}>
      <Text c="green" component="span" lh={0}>
        <IconCircleCheck size={16} aria-hidden />
      </Text>
      <Text size="sm">
        Arrived <Ago time={lastAttemptTime} />
      </Text>
    </Group>
  );
}
