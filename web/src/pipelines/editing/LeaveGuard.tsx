// Who leaves with changes that are not saved is asked; the draft stays in the browser either way, unless they drop it.
import { Button, Group, Modal, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";

interface Props {
  dirty: boolean;
  drop: () => void;
}

export function LeaveGuard({ dirty, drop }: Props) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: dirty,
    withResolver: true,
  });
  return (
    <Modal opened={status === "blocked"} onClose={() => reset?.()} title="Leave without saving?" centered>
      <Text size="sm">Your changes are kept in this browser: they are there when you come back.</Text>
      <Group mt="md" gap="xs" justify="flex-end">
        <Button variant="default" onClick={() => reset?.()} data-autofocus>
          Stay
        </Button>
        <Button
          variant="default"
          color="red"
          onClick={() => {
            drop();
            proceed?.();
          }}
        >
          Discard and leave
        </Button>
        <Button onClick={() => proceed?.()}>Leave</Button>
      </Group>
    </Modal>
  );
}
