// Whether what is seen is live; said in words, so that nobody takes an old page for the truth. Who wants to know more sees which
// node answers, and how the parts are that the cluster stands on.
import { Text } from "@mantine/core";
import { IconPlugConnected, IconPlugConnectedX, IconPointFilled } from "@tabler/icons-react";
import { useState } from "react";
import type { Connection } from "../live/feed.ts";
import { lazyPart } from "../parts/fetching.ts";
import classes from "./frame.module.css";
import { Shield } from "./Shield.tsx";

const ClusterCard = lazyPart(() => import("./ClusterCard.tsx"), "ClusterCard");

const SAID = {
  connecting: { word: "Connecting", colour: "dimmed", shape: IconPlugConnected },
  live: { word: "Live", colour: "teal", shape: IconPointFilled },
  stale: { word: "Stale", colour: "orange", shape: IconPlugConnectedX },
  asleep: { word: "Asleep", colour: "dimmed", shape: IconPlugConnected },
  lost: { word: "No connection", colour: "red", shape: IconPlugConnectedX },
} satisfies Record<Connection, unknown>;

export function Truth({ connection }: { connection: Connection }) {
  const { word, colour, shape: Shape } = SAID[connection];
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={classes.truth}
        aria-label={`${word}: which node answers, and how it is`}
        onClick={() => setOpen(true)}
      >
        <Text c={colour} component="span" lh={0}>
          <Shape size={16} aria-hidden />
        </Text>
        <Text size="sm" component="span" role="status">
          {word}
        </Text>
      </button>
      <Shield>{open ? <ClusterCard onClose={() => setOpen(false)} /> : null}</Shield>
    </>
  );
}
