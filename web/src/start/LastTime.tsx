// One click that fills in what was given the last time.
import { Button, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useMemo } from "react";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { idOf } from "../parts/names.ts";
import type { Change, StageDraft } from "./draft.ts";
import { lastOf } from "./last.ts";
import type { Preset } from "./layers.ts";

interface Props {
  preset: Preset;
  draft: StageDraft;
  stages: readonly Stage[];
  onChange: (change: Change) => void;
}

export function LastTime({ preset, draft, stages, onChange }: Props) {
  const last = useMemo(() => lastOf(preset, draft, stages), [preset, draft, stages]);
  if (!last) return null;
  const given = Object.entries(last.values);
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      w="fit-content"
      maw="100%"
      leftSection={<IconHistory size={14} aria-hidden />}
      onClick={() => {
        for (const [name, value] of given) onChange({ kind: "variable", name, value });
      }}
    >
      <Text span size="sm" truncate>
        As for {idOf(last.stage.name)}: {given.map(([name, value]) => `${name}=${value}`).join(", ")}
      </Text>
    </Button>
  );
}
