// Said over every page while what it shows may be old: what has happened, and what happens next. Short cuts are not worth a word.
import { Alert } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { Connection } from "../live/feed.ts";

const PATIENCE = 1_500;
const SAID: Partial<Record<Connection, { title: string; text: string; colour: string }>> = {
  stale: {
    title: "This node has lost the cluster",
    text: "What you see is what it saw last, and nothing can be changed through it. Running stages go on. It comes back by itself.",
    colour: "orange",
  },
  lost: {
    title: "The node does not answer",
    text: "What you see is what it said last. This page goes on by itself as soon as it is back.",
    colour: "red",
  },
};

export function Banner({ connection }: { connection: Connection }) {
  const [shown, show] = useState<Connection>();
  const said = SAID[connection];
  useEffect(() => {
    const timer = setTimeout(() => show(said ? connection : undefined), said ? PATIENCE : 0);
    return () => clearTimeout(timer);
  }, [connection, said]);
  const now = shown && SAID[shown];
  if (!now || !said) return null;
  return (
    <Alert
      color={now.colour}
      variant="light"
      mb="sm"
      p="xs"
      title={now.title}
      icon={<IconPlugConnectedX size={18} aria-hidden />}
      role="alert"
    >
      {now.text}
    </Alert>
  );
}
