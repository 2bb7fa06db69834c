// A state, told by its shape and its word as well as by its colour.
import { Group, Text } from "@mantine/core";
import {
  IconAlertTriangle,
  IconBan,
  IconCircle,
  IconCircleCheck,
  IconCircleDashed,
  IconClock,
  IconGhost,
  IconHandStop,
  IconHistory,
  IconPackage,
  IconPlayerPause,
  IconPlayerSkipForward,
  IconProgress,
  type IconProps,
  IconScale,
  IconX,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import { NodeState } from "../api/winslow/v1/node_pb.ts";
import { ProjectState } from "../api/winslow/v1/project_pb.ts";
import { RunState } from "../api/winslow/v1/run_pb.ts";
import { StageState } from "../api/winslow/v1/stage_pb.ts";

export interface Mark {
  word: string;
  shape: ComponentType<IconProps>;
  /** Of Mantine's: readable as text on both schemes by `c`. */
  colour: string;
}

const UNKNOWN: Mark = { word: "Unknown", shape: IconCircleDashed, colour: "dimmed" };
const RUNNING: Mark = { word: "Running", shape: IconProgress, colour: "teal" };
const SUCCEEDED: Mark = { word: "Succeeded", shape: IconCircleCheck, colour: "green" };
const FAILED: Mark = { word: "Failed", shape: IconX, colour: "red" };
const PAUSED: Mark = { word: "Paused", shape: IconPlayerPause, colour: "dimmed" };
const WAITS: Mark = { word: "Waits for you", shape: IconHandStop, colour: "orange" };

export const PROJECT_MARKS: Record<ProjectState, Mark> = {
  [ProjectState.UNSPECIFIED]: UNKNOWN,
  [ProjectState.IDLE]: { word: "Idle", shape: IconCircle, colour: "dimmed" },
  [ProjectState.RUNNING]: RUNNING,
  [ProjectState.AWAITING_INPUT]: WAITS,
  [ProjectState.PAUSED]: PAUSED,
  [ProjectState.FAILED]: FAILED,
  [ProjectState.SUCCEEDED]: SUCCEEDED,
};

export const RUN_MARKS: Record<RunState, Mark> = {
  [RunState.UNSPECIFIED]: UNKNOWN,
  [RunState.RUNNING]: RUNNING,
  [RunState.AWAITING_INPUT]: WAITS,
  [RunState.PAUSING]: { ...PAUSED, word: "Pausing" },
  [RunState.PAUSED]: PAUSED,
  [RunState.FAILED]: FAILED,
  [RunState.SUCCEEDED]: SUCCEEDED,
  [RunState.SUPERSEDED]: { word: "Superseded", shape: IconHistory, colour: "dimmed" },
};

export const STAGE_MARKS: Record<StageState, Mark> = {
  [StageState.UNSPECIFIED]: UNKNOWN,
  [StageState.QUEUED]: { word: "Queued", shape: IconClock, colour: "dimmed" },
  [StageState.ELECTING]: { word: "Looks for a node", shape: IconScale, colour: "dimmed" },
  [StageState.PREPARING]: { word: "Preparing", shape: IconPackage, colour: "teal" },
  [StageState.RUNNING]: RUNNING,
  [StageState.SUCCEEDED]: SUCCEEDED,
  [StageState.FAILED]: FAILED,
  [StageState.ABORTED]: { word: "Aborted", shape: IconBan, colour: "red" },
  [StageState.LOST]: { word: "Lost", shape: IconGhost, colour: "red" },
  [StageState.SKIPPED]: { word: "Skipped", shape: IconPlayerSkipForward, colour: "dimmed" },
};

export const NODE_MARKS: Record<NodeState, Mark> = {
  [NodeState.UNSPECIFIED]: UNKNOWN,
  [NodeState.READY]: { word: "Ready", shape: IconCircleCheck, colour: "green" },
  [NodeState.SUSPECT]: { word: "Silent", shape: IconAlertTriangle, colour: "orange" },
  [NodeState.LOST]: { word: "Lost", shape: IconGhost, colour: "red" },
};

export function StateMark({ mark: { word, shape: Shape, colour } }: { mark: Mark }) {
  return (
    <Group gap={6} wrap="nowrap" display="inline-flex" style={{ verticalAlign: "middle" }}>
      <Text c={colour} component="span" lh={0}>
        <Shape size={16} aria-hidden />
      </Text>
      <Text size="sm" component="span">
        {word}
      </Text>
    </Group>
  );
}

export const ProjectMark = ({ state }: { state: ProjectState }) => <StateMark mark={PROJECT_MARKS[state]} />;
export const RunMark = ({ state }: { state: RunState }) => <StateMark mark={RUN_MARKS[state]} />;
export const StageMark = ({ state }: { state: StageState }) => <StateMark mark={STAGE_MARKS[state]} />;
export const NodeMark = ({ state }: { state: NodeState }) => <StateMark mark={NODE_MARKS[state]} />;
