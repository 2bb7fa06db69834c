// What a person may do with a project as a whole: in words what it will do, and where it cannot be done now, why.
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import { isUnchosen } from "./unchosen.ts";

export type ProjectActionKey = "start" | "pause" | "resume" | "resume-one" | "abort" | "delete";

export interface ProjectAction {
  key: ProjectActionKey;
  word: string;
  does: string;
  /** Why it cannot be done now; "" when it can. */
  refused: string;
}

/** `runs` are those of the project that have not ended. */
export function projectActions(project: Project, runs: readonly Run[]): ProjectAction[] {
  const live = project.currentStages.length;
  const held = runs.filter(({ hold }) => hold);
  const failed = held.some(({ hold }) => hold?.reason?.code.startsWith("STAGE_"));
  const gone = project.deleting ? "It is being deleted" : "";
  const notHeld = gone || (held.length ? "" : runs.length ? "It is not paused" : "Nothing is under way");
  const again = failed ? "; what failed is tried again" : "";
  return [
    {
      key: "start",
      word: "Start",
      does: "Begins a new run at any stage; you see first what it will do",
      refused:
        gone ||
        (isUnchosen(project) ? "It has no pipeline yet: choose one first" : "") ||
        (live ? `${live === 1 ? "A stage is" : `${live} stages are`} under way: wait, or abort first` : ""),
    },
    {
      key: "pause",
      word: "Pause",
      does: "What runs goes on to its end, and nothing begins after it",
      refused: gone || (runs.length > held.length ? "" : runs.length ? "It is paused already" : "Nothing is under way"),
    },
    { key: "resume", word: "Resume", does: `Goes on where it paused${again}`, refused: notHeld },
    {
      key: "resume-one",
      word: "Resume, this one, then pause",
      does: `Only what comes next is executed${again}; then it pauses`,
      refused: notHeld,
    },
    {
      key: "abort",
      word: "Abort all",
      does: "Stops every stage that is under way; the runs pause",
      refused: gone || (live ? "" : "No stage is under way"),
    },
    {
      key: "delete",
      word: "Delete project",
      does: "Deletes all its attempts, files and history for good; asks first",
      refused: gone,
    },
  ];
}
