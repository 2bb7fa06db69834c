// What this browser tells its user beside the page. It asks for permission when a button is pressed, never by itself.
import { Alert, Button, Checkbox, Group, Stack, Switch, Text, Title } from "@mantine/core";
import { IconBellOff } from "@tabler/icons-react";
import { useState } from "react";
import { askPermission, permission, show } from "../../frame/notices/browser.ts";
import { choose, useChoices } from "../../frame/notices/choices.ts";
import type { Happening } from "../../frame/notices/news.ts";

const WORDS: readonly [Happening, string][] = [
  ["waits", "Somebody is waited for"],
  ["failed", "A project fails"],
  ["done", "A project is done"],
];

const TRIAL = {
  key: "trial",
  happening: "waits",
  title: "Winslow tells you here",
  body: "A click leads to what it is about",
  path: "/settings",
} as const;

export function BrowserNotices() {
  return (
    <Stack gap="sm" maw={860}>
      <Title order={3} size="h4">
        In this browser
      </Title>
      <Text size="sm">
        While a page of Winslow is open in some tab, it can tell you what happens though you look elsewhere; a click
        leads to where you act. Of several tabs one tells. It is your choice, kept in this browser alone.
      </Text>
      <Choice />
    </Stack>
  );
}

function Choice() {
  const [state, setState] = useState(permission);
  const choices = useChoices();
  const [failed, setFailed] = useState(false);
  const begin = async () => {
    const now = await askPermission();
    setState(now);
    if (now === "granted") choose({ ...choices, on: true });
  };
  if (state === "unable") {
    return (
      <Cannot title="This browser cannot tell you here">
        {window.isSecureContext
          ? "It has no notifications. Use a webhook or an e-mail instead."
          : "Browsers only let pages tell something that came over https, or from this machine itself; this one came over plain http. Use a webhook or an e-mail, or have Winslow served behind https."}
      </Cannot>
    );
  }
  if (state === "denied") {
    return (
      <Cannot title="You have told this browser that Winslow may not">
        To change that, click on the sign beside the page's address, allow notifications, and load the page anew.
      </Cannot>
    );
  }
  if (state === "unasked") {
    return (
      <Group>
        <Button onClick={() => void begin()}>Tell me here</Button>
        <Text size="sm" c="dimmed">
          The browser will ask you whether Winslow may.
        </Text>
      </Group>
    );
  }
  return (
    <Stack gap="xs">
      <Switch
        label="Tell me here"
        checked={choices.on}
        onChange={(event) => choose({ ...choices, on: event.currentTarget.checked })}
      />
      <Checkbox.Group
        aria-label="Of what"
        value={[...choices.of]}
        onChange={(of) => choose({ ...choices, of: of as Happening[] })}
      >
        <Group gap="md">
          {WORDS.map(([happening, word]) => (
            <Checkbox key={happening} value={happening} label={word} disabled={!choices.on} />
          ))}
        </Group>
      </Checkbox.Group>
      <Group>
        <Button
          size="xs"
          variant="default"
          disabled={!choices.on}
          onClick={() => setFailed(!show(TRIAL, () => undefined))}
        >
          Show one
        </Button>
        {failed ? <Text size="sm">This browser did not show it. Use a webhook or an e-mail instead.</Text> : null}
      </Group>
    </Stack>
  );
}

function Cannot({ title, children }: { title: string; children: string }) {
  return (
    <Alert variant="light" color="gray" icon={<IconBellOff size={18} aria-hidden />} title={title}>
      <Text size="sm">{children}</Text>
    </Alert>
  );
}
