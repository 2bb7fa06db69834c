// Parts of the start form that know nothing but what they say.
import { Accordion, Alert, Box, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { Preset } from "./layers.ts";

interface LaterProps {
  names: readonly string[];
  presets: ReadonlyMap<string, Preset>;
  touched: (name: string) => boolean;
  children: (preset: Preset) => React.ReactNode;
}

/** Stages that follow can be given something now, so that nobody need be there later. */
export function Later({ names, presets, touched, children }: LaterProps) {
  return (
    <Box>
      <Text size="sm" fw={500} mb={4}>
        What follows
      </Text>
      <Accordion multiple variant="separated" chevronPosition="left" styles={{ label: { paddingBlock: 6 } }}>
        {names.map((name) => {
          const preset = presets.get(name);
          if (!preset) return null;
          return (
            <Accordion.Item key={name} value={name}>
              <Accordion.Control>
                <Text size="sm">
                  {name}
                  {touched(name) ? ", changed here" : ""}
                </Text>
              </Accordion.Control>
              <Accordion.Panel>{children(preset)}</Accordion.Panel>
            </Accordion.Item>
          );
        })}
      </Accordion>
    </Box>
  );
}

export function Restored({ onClear }: { onClear: () => void }) {
  return (
    <Group gap="xs">
      <Text size="sm">Your changes from before are here again.</Text>
      <Button variant="subtle" size="compact-sm" onClick={onClear}>
        Begin afresh
      </Button>
    </Group>
  );
}

export function Refused({ message, hint }: { message: string; hint: string }) {
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      p="xs"
      icon={<IconAlertTriangle size={18} aria-hidden />}
      title={message}
    >
      {hint}
    </Alert>
  );
}

/** Why it cannot be started now. */
export function Hindered({ why }: { why: string }) {
  return (
    <Alert color="yellow" variant="light" role="status" p="xs">
      <Text size="sm">{why}.</Text>
    </Alert>
  );
}
