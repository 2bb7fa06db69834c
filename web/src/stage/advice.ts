// What a person does about an attempt that did not succeed: said by its cause, each step as a place to go.
import { Cause, type Stage, StageState } from "../api/winslow/v1/stage_pb.ts";

export type Way = "redo" | "log" | "definition" | "files" | "quota" | "node" | "resume";

export interface Advice {
  /** What happened, as a person says it. */
  said: string;
  steps: readonly { word: string; way: Way }[];
}

const LOG = { word: "See the end of its log", way: "log" } as const;
const REDO = { word: "Redo it with changes", way: "redo" } as const;
const DEFINITION = { word: "Edit its definition", way: "definition" } as const;
const RESUME = { word: "Try it again as it is", way: "resume" } as const;
const NODE = { word: "Look at its node", way: "node" } as const;

const BY_CAUSE: Record<Cause, Advice> = {
  [Cause.UNSPECIFIED]: { said: "It did not succeed, and no cause was recorded.", steps: [LOG, REDO] },
  [Cause.EXIT_CODE]: { said: "Its program ended with an error of its own.", steps: [LOG, REDO, RESUME] },
  [Cause.SIGNAL]: { said: "Its program was killed, or crashed.", steps: [LOG, REDO, RESUME] },
  [Cause.OUT_OF_MEMORY]: {
    said: "It needed more memory than it was given.",
    steps: [{ word: "Redo it with more memory", way: "redo" }, LOG],
  },
  [Cause.TIMEOUT]: {
    said: "It took longer than its definition allows.",
    steps: [{ word: "Allow it more time", way: "definition" }, LOG, REDO],
  },
  [Cause.IMAGE_MISSING]: {
    said: "Its image could not be found or pulled.",
    steps: [{ word: "Redo it with another image", way: "redo" }, DEFINITION, RESUME],
  },
  [Cause.COMMAND_NOT_FOUND]: {
    said: "Its image has no such command.",
    steps: [{ word: "Redo it with other arguments", way: "redo" }, DEFINITION],
  },
  [Cause.DISK_FULL]: {
    said: "There was no room left for what it wrote.",
    steps: [{ word: "Make room", way: "files" }, { word: "See the project's quota", way: "quota" }, RESUME],
  },
  [Cause.ABORTED]: { said: "Somebody stopped it.", steps: [RESUME, REDO] },
  [Cause.NODE_LOST]: { said: "Its node went silent and was given up.", steps: [RESUME, NODE] },
  [Cause.STORAGE]: { said: "The shared file system did not take or give what it needed.", steps: [NODE, RESUME] },
  [Cause.ENGINE]: { said: "Its node could not bring its container up.", steps: [NODE, RESUME, REDO] },
};

/** Undefined for what succeeded, was skipped, or has not ended. `resumable`: whether its run waits to be resumed with it. */
export function adviceFor(stage: Stage, resumable: boolean): Advice | undefined {
  if (![StageState.FAILED, StageState.ABORTED, StageState.LOST].includes(stage.state)) return undefined;
  const { said, steps } = BY_CAUSE[causeOf(stage)];
  const lost = stage.state === StageState.LOST;
  const possible = ({ way }: { way: Way }) =>
    !(way === "resume" && !resumable) && !(way === "redo" && lost) && !(way === "node" && !stage.node);
  return { said, steps: steps.filter(possible) };
}

function causeOf(stage: Stage): Cause {
  if (stage.outcome?.cause !== undefined) return stage.outcome.cause;
  if (stage.state === StageState.LOST) return Cause.NODE_LOST;
  return stage.state === StageState.ABORTED ? Cause.ABORTED : Cause.UNSPECIFIED;
}
