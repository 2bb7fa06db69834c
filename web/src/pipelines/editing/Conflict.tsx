// Somebody else saved while I wrote: theirs against mine, and nothing is lost unless I say so.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconGitMerge } from "@tabler/icons-react";
import { Difference } from "../editor/lazily.tsx";
import { keepMine, takeTheirs } from "./editing.ts";
import type { BeingEdited } from "./useEditing.ts";

interface Props {
  being: BeingEdited;
  /** Who saved what: "Version 4, saved by ann". */
  theirs: string;
}

export function Conflict({ being: { editing, type, become }, theirs }: Props) {
  if (!editing.theirs) return null;
  return (
    <Stack gap="sm">
      <Alert
        role="alert"
        color="orange"
        variant="light"
        icon={<IconGitMerge size={18} aria-hidden />}
        title="Somebody else changed it while you did"
      >
        <Text size="sm">
          {theirs} is beside yours. Take over what you want of it with the arrows, then keep yours: saved, it replaces
          theirs.
        </Text>
        <Group mt="xs" gap="xs">
          <Button size="xs" onClick={() => become(keepMine(editing))}>
            Keep mine
          </Button>
          <Button size="xs" variant="default" onClick={() => become(takeTheirs(editing))}>
            Take theirs, drop mine
          </Button>
        </Group>
      </Alert>
      <Difference
        before={editing.theirs.text}
        after={editing.text}
        beforeLabel={theirs}
        afterLabel="Yours"
        onChange={type}
      />
    </Stack>
  );
}
