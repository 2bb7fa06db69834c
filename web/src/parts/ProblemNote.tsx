// What went wrong, where it was asked for: what happened, and what to do next.
import { Alert, Button, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { problemOf } from "../rpc/problem.ts";

export function ProblemNote({ error, again }: { error: unknown; again?: () => void }) {
  const { message, hint } = problemOf(error);
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />} title={message} role="alert">
      {hint ? <Text size="sm">{hint}</Text> : null}
      {again ? (
        <Button size="xs" variant="default" mt="xs" onClick={again}>
          Try again
        </Button>
      ) : null}
    </Alert>
  );
}
