// Small signs on an attempt: what else is true of it beside its state. Said in words for who points at them or cannot see them.
import { Group, Text, VisuallyHidden } from "@mantine/core";
import {
  IconAlertTriangle,
  IconFolderOff,
  IconHistoryToggle,
  IconPinFilled,
  type IconProps,
  IconStack2,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import { WorkspaceMode } from "../api/winslow/v1/pipeline_pb.ts";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import type { Flags } from "./words.ts";

interface Sign {
  key: string;
  word: string;
  shape: ComponentType<IconProps>;
  colour: string;
}

function signsOf(stage: Stage, { stale, dropped }: Flags): Sign[] {
  const layered = stage.definition?.workspace === WorkspaceMode.LAYERED;
  const every: (Sign & { on: boolean })[] = [
    { key: "silent", on: stage.suspect, word: "Its node is silent", shape: IconAlertTriangle, colour: "orange" },
    {
      key: "stale",
      on: stale,
      word: "Stale: what it was made from was done again since",
      shape: IconHistoryToggle,
      colour: "orange",
    },
    { key: "pinned", on: stage.pinned, word: "Pinned: its workspace is kept", shape: IconPinFilled, colour: "teal" },
    { key: "dropped", on: dropped, word: "Its workspace was given up", shape: IconFolderOff, colour: "dimmed" },
    { key: "layered", on: layered && !dropped, word: "Layered workspace", shape: IconStack2, colour: "dimmed" },
  ];
  return every.filter(({ on }) => on);
}

interface Props {
  stage: Stage;
  flags: Flags;
  /** Each is written out. */
  words?: boolean;
  /** Without colour, where it matters little. */
  quiet?: boolean;
}

export function Signs({ stage, flags, words = false, quiet = false }: Props) {
  const signs = signsOf(stage, flags);
  if (signs.length === 0) return null;
  return (
    <Group gap={words ? "sm" : 4} wrap={words ? "wrap" : "nowrap"} component="span">
      {signs.map(({ key, word, shape: Shape, colour }) => (
        <Group key={key} gap={4} wrap="nowrap" component="span" title={word}>
          <Text c={quiet ? "dimmed" : colour} component="span" lh={0}>
            <Shape size={14} aria-hidden />
          </Text>
          {words ? (
            <Text size="sm" component="span">
              {word}
            </Text>
          ) : (
            <VisuallyHidden>{word}</VisuallyHidden>
          )}
        </Group>
      ))}
    </Group>
  );
}
