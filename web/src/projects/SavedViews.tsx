// The menu of saved views. It is fetched after the list; a press that comes before it counts, and it is open when it is there.
import { Button } from "@mantine/core";
import { IconBookmark } from "@tabler/icons-react";
import { Suspense, useCallback, useState } from "react";
import { lazyPart } from "../parts/fetching.ts";
import { useLater } from "../parts/useLater.ts";
import type { Asked } from "./criteria.ts";

const Views = lazyPart(() => import("./Views.tsx"), "Views");

export function SavedViews({ asked }: { asked: Asked }) {
  const [opened, setOpened] = useState(false);
  const open = useCallback(() => setOpened(true), []);
  // Also when the mouse goes down: where the menu comes before the mouse is up again, nothing is clicked.
  const soon = (
    <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden />} onMouseDown={open} onClick={open}>
      Views
    </Button>
  );
  if (!useLater()) return soon;
  return (
    <Suspense fallback={soon}>
      <Views asked={asked} opened={opened} onOpened={setOpened} />
    </Suspense>
  );
}
