// The state of an upload by its shape and its word.
import {
  IconAlertTriangle,
  IconBan,
  IconCircleCheck,
  IconClock,
  IconFileUnknown,
  IconHandStop,
  IconPlayerPause,
  IconPlayerSkipForward,
  IconPlugConnectedX,
  IconSearch,
  IconShieldCheck,
  IconUpload,
} from "@tabler/icons-react";
import { type Mark, StateMark } from "../parts/StateMark.tsx";
import type { State } from "./sending/kinds.ts";

const MARKS: Record<State, Mark> = {
  checking: { word: "Looks for room", shape: IconSearch, colour: "dimmed" },
  asks: { word: "Asks you", shape: IconHandStop, colour: "orange" },
  queued: { word: "Waits its turn", shape: IconClock, colour: "dimmed" },
  sending: { word: "Sending", shape: IconUpload, colour: "teal" },
  verifying: { word: "Verifying", shape: IconShieldCheck, colour: "teal" },
  resting: { word: "Cut off", shape: IconPlugConnectedX, colour: "orange" },
  paused: { word: "Paused", shape: IconPlayerPause, colour: "dimmed" },
  lost: { word: "Needs its file again", shape: IconFileUnknown, colour: "orange" },
  done: { word: "Arrived", shape: IconCircleCheck, colour: "green" },
  failed: { word: "Failed", shape: IconAlertTriangle, colour: "red" },
  skipped: { word: "Skipped", shape: IconPlayerSkipForward, colour: "dimmed" },
  cancelled: { word: "Cancelled", shape: IconBan, colour: "dimmed" },
};

export const UploadMark = ({ state }: { state: State }) => <StateMark mark={MARKS[state]} />;
