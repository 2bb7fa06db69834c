// Uploads that go on, on whichever page one is: how far they are, and the way to them. Nothing where there are none.
import { Button, RingProgress, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconUpload } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import { uploads } from "../files/uploads.ts";
import { size } from "../parts/words.ts";
import { told } from "./transfers.ts";

export function TransfersMark() {
  const snapshot = useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  useEffect(() => void uploads.begin(), []);
  const now = told(snapshot);
  if (!now) return null;
  const Icon = now.trouble ? IconAlertTriangle : now.over ? IconCheck : IconUpload;
  return (
    <Button
      component={Link}
      to="/transfers"
      variant="subtle"
      color={now.trouble ? "orange" : "gray"}
      size="compact-sm"
      px={6}
      aria-label={now.said}
      title={now.said}
      leftSection={
        now.over || now.trouble ? (
          <Icon size={16} aria-hidden />
        ) : (
          <RingProgress size={20} thickness={3} sections={[{ value: now.percent, color: "teal" }]} aria-hidden />
        )
      }
    >
      <Text span size="sm" visibleFrom="sm">
        {now.over || now.trouble ? now.word : `${now.percent} %${now.speed ? ` · ${size(now.speed)}/s` : ""}`}
      </Text>
    </Button>
  );
}
