// A page that could not be drawn: said, with a way on, inside of the frame, and never a white screen. A page of which the node has
// another version by now is loaded anew by itself, once.
import { Button, Code, Group } from "@mantine/core";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useEffect } from "react";
import { Empty } from "../parts/Empty.tsx";
import { isUnfetched } from "../parts/fetching.ts";

const TRIED = "winslow.loaded-anew";
/** Milliseconds after which another version may have come again. */
const SOON = 60_000;

export function Broken({ error, reset }: ErrorComponentProps) {
  const old = isUnfetched(error);
  useEffect(() => {
    if (old && mayLoadAnew(Date.now())) window.location.reload();
  }, [old]);
  return (
    <Empty
      title={old ? "Winslow has another version by now" : "This page could not be drawn"}
      action={
        <Group>
          {old ? null : <Button onClick={reset}>Try again</Button>}
          <Button variant={old ? "filled" : "default"} onClick={() => window.location.reload()}>
            Load it anew
          </Button>
        </Group>
      }
    >
      {old ? "A part of this page is no longer served." : "Nothing was changed by it."} What the browser says:{" "}
      <Code>{String(error)}</Code>
    </Empty>
  );
}

function mayLoadAnew(now: number): boolean {
  try {
    const last = Number(sessionStorage.getItem(TRIED) ?? 0);
    sessionStorage.setItem(TRIED, String(now));
    return now - last > SOON;
  } catch {
    return false; // without a memory it might do so for ever
  }
}
