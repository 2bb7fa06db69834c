// How far something is that is done to many files, in the dialog that began it, and a way to end it there.
import { Button, Progress, Stack, Text } from "@mantine/core";
import type { Hands } from "./useHands.ts";

export function HowFar({ hands: { far } }: { hands: Hands }) {
  if (!far) return null;
  return (
    <Stack gap={4}>
      <Progress value={(100 * far.done) / far.all} aria-label="How far it is" />
      <Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
        {far.done.toLocaleString()} of {far.all.toLocaleString()}
      </Text>
    </Stack>
  );
}

interface LeaveProps {
  hands: Hands;
  close: () => void;
  autofocus?: boolean;
}

/** What is done to many can be ended half-way. */
export function Leave({ hands, close, autofocus }: LeaveProps) {
  return (
    <Button variant="default" onClick={hands.far ? hands.stop : close} data-autofocus={autofocus || undefined}>
      {hands.far ? "Stop" : "Cancel"}
    </Button>
  );
}
