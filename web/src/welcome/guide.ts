// Where a newcomer is on the way through the example, told by what its runs and stages are; nothing of it is written down.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import { type Stage, StageState } from "../api/winslow/v1/stage_pb.ts";
import { idOf } from "../parts/names.ts";

/** Where a step leads: an address and what stands behind its question mark. */
export interface Way {
  to: string;
  search?: Record<string, string>;
}

export interface GuideStep {
  word: string;
  /** What to look at, in a sentence. */
  text: string;
  done: boolean;
  /** Undefined while there is nothing to do but to watch. */
  way: Way | undefined;
  /** What the way is called. */
  action: string;
}

interface Facts {
  /** The project's id. */
  project: string;
  runs: Iterable<Run>;
  stages: Iterable<Stage>;
  /** The person has looked at two attempts side by side. */
  compared: boolean;
}

/** What the second attempt is to be made with. */
const SENSITIVITY = "75";

export function guide({ project, runs, stages, compared }: Facts): GuideStep[] {
  const inOrder = [...runs].sort((one, other) => Number(one.number - other.number));
  const detections = [...stages]
    .filter((stage) => stage.definition?.name === "detect")
    .sort((one, other) => created(one) - created(other));
  const succeeded = detections.filter(({ state }) => state === StageState.SUCCEEDED);
  const [first, second] = [succeeded[0], succeeded[1]];
  const latest = inOrder.at(-1);
  const gate = latest?.gates[0];
  const here = `/projects/${project}`;
  const gateWay = gate ? { to: `${here}/runs/${idOf(gate.run)}/gates/${gate.definition}` } : undefined;
  const answered = inOrder.some(({ answers }) => Object.keys(answers).length > 0);
  const goes = latest !== undefined && latest.end === undefined && latest.hold === undefined;
  const again = detections.length > 1 && inOrder.length > 1;
  return [
    {
      word: "It looks for what moves",
      text: "The stage detect runs in a container; its log and what it uses are on its page.",
      done: first !== undefined || answered,
      way: { to: here },
      action: "Watch it",
    },
    {
      word: "You are asked",
      text: "It goes no further until somebody has looked at what it found. Look, and confirm.",
      done: answered || again,
      way: again ? undefined : gateWay,
      action: "Look at it",
    },
    {
      word: "The rest goes by itself",
      text: "track and analyse follow one another. You may look elsewhere, or close the page.",
      done: (answered && !goes) || again,
      way: { to: here },
      action: "Watch it",
    },
    {
      word: "Do it again, otherwise",
      text: `Another attempt at detect with SENSITIVITY ${SENSITIVITY}; the first one stays as it is.`,
      done: again,
      way: first && answered ? { to: `${here}/start`, search: redo(first) } : undefined,
      action: "Do it again",
    },
    {
      word: "Compare the two",
      text: "Results, pictures and files of both attempts, side by side.",
      done: compared,
      way:
        first && second
          ? { to: `${here}/compare`, search: { before: idOf(first.name), after: idOf(second.name) } }
          : undefined,
      action: "Compare them",
    },
  ];
}

/** The first step that is not done; undefined when all are. */
export const next = (steps: readonly GuideStep[]): GuideStep | undefined => steps.find(({ done }) => !done);

const redo = (stage: Stage) => ({ redo: idOf(stage.name), "env.SENSITIVITY": SENSITIVITY });
const created = ({ createTime }: Stage) => (createTime ? timestampMs(createTime) : 0);
