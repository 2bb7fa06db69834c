// A state, told by its shape and its word as well as by its colour.
import { Group, Text } from "@mantine/core";
import {
  IconCircle,
  IconCircleCheck,
  IconCircleDashed,
  IconHandStop,
  IconPlayerPause,
  IconProgress,
  type IconProps,
  IconX,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import { ProjectState } from "../api/winslow/v1/project_pb.ts";

interface Mark {
  word: string;
  shape: ComponentType<IconProps>;
  colour: string;
}

const PROJECT: Record<ProjectState, Mark> = {
  [ProjectState.UNSPECIFIED]: { word: "Unknown", shape: IconCircleDashed, colour: "dimmed" },
  [ProjectState.IDLE]: { word: "Idle", shape: IconCircle, colour: "dimmed" },
  [ProjectState.RUNNING]: { word: "Running", shape: IconProgress, colour: "teal" },
  [ProjectState.AWAITING_INPUT]: { word: "Waits for you", shape: IconHandStop, colour: "orange" },
  [ProjectState.PAUSED]: { word: "Paused", shape: IconPlayerPause, colour: "dimmed" },
  [ProjectState.FAILED]: { word: "Failed", shape: IconX, colour: "red" },
  [ProjectState.SUCCEEDED]: { word: "Succeeded", shape: IconCircleCheck, colour: "green" },
};

export function ProjectMark({ state }: { state: ProjectState }) {
  const { word, shape: Shape, colour } = PROJECT[state];
  return (
    <Group gap={6} wrap="nowrap">
      <Text c={colour} component="span" lh={0}>
        <Shape size={16} aria-hidden />
      </Text>
      <Text size="sm" component="span">
        {word}
      </Text>
    </Group>
  );
}
