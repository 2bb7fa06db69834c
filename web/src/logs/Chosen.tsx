// What can be done with the lines that were marked by hand.
import { Button, Group, Text } from "@mantine/core";
import { IconCopy, IconLink, IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { Shown } from "./block.ts";
import { COPY_MAX, copied, toClipboard } from "./copying.ts";
import type { Log } from "./log.ts";

interface Props {
  log: Log;
  chosen: readonly [number, number] | undefined;
  shown: Shown;
  onNone: () => void;
}

export function Chosen({ log, chosen, shown, onNone }: Props) {
  const [says, say] = useState("");
  if (!chosen) {
    return (
      <Text size="xs" visibleFrom="sm">
        Click a line's time to mark it; with Shift, up to another
      </Text>
    );
  }
  const [first, last] = chosen;
  const tooMuch = last - first > COPY_MAX;
  const tell = (done: boolean) => {
    say(done ? "Copied" : "Your browser does not let this page copy");
    setTimeout(() => say(""), 3_000);
  };
  const copy = async () => tell(await copied(log, first, last, shown).then(toClipboard, () => false));
  const link = async () => {
    const address = new URL(window.location.href);
    address.searchParams.set("line", String(first));
    tell(await toClipboard(address.href));
  };
  return (
    <Group gap={6} wrap="nowrap">
      <Text size="xs" role="status">
        {says}
      </Text>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconLink size={12} aria-hidden />}
        onClick={() => void link()}
      >
        Copy link
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        disabled={tooMuch}
        title={tooMuch ? "Too much for a clipboard: download the log" : undefined}
        leftSection={<IconCopy size={12} aria-hidden />}
        onClick={() => void copy()}
      >
        {first === last ? "Copy line" : "Copy lines"}
      </Button>
      <Button size="compact-xs" variant="subtle" color="gray" aria-label="Mark no line" onClick={onNone}>
        <IconX size={12} aria-hidden />
      </Button>
    </Group>
  );
}
