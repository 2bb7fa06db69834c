// Somebody else was quicker: what they made of it, and what can be done now. Nothing is lost either way without being asked.
import { Alert, Button, Group, Text } from "@mantine/core";
import { IconArrowsSplit2 } from "@tabler/icons-react";

interface Props {
  /** What there is now, in words. */
  now: string;
  busy: boolean;
  /** Take what there is now in place of one's own. */
  onTheirs: () => void;
  /** Save one's own over it. */
  onMine: () => void;
}

export function ChangedNote({ now, busy, onTheirs, onMine }: Props) {
  return (
    <Alert
      color="orange"
      variant="light"
      icon={<IconArrowsSplit2 size={18} aria-hidden />}
      title="Somebody changed this while you did"
      role="alert"
    >
      <Text size="sm">Yours is not saved yet. Now it says: {now}</Text>
      <Group mt="xs" gap="xs">
        <Button size="xs" variant="default" onClick={onTheirs}>
          Take theirs
        </Button>
        <Button size="xs" onClick={onMine} loading={busy}>
          Save mine over it
        </Button>
      </Group>
    </Alert>
  );
}
