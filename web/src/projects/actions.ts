// What can be done to a project out of the list, as calls. What is refused is told by the daemon, in its words.
import { Code, ConnectError } from "@connectrpc/connect";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { type Run, RunState } from "../api/winslow/v1/run_pb.ts";
import type { Services } from "../rpc/services.ts";
import { persistently } from "../rpc/useAct.ts";

export type Act = (project: Project) => Promise<unknown>;
type Reached = Pick<Services, "projects" | "runs">;

const GOES: ReadonlySet<RunState> = new Set([RunState.RUNNING, RunState.AWAITING_INPUT]);
const STANDS: ReadonlySet<RunState> = new Set([RunState.PAUSED, RunState.PAUSING, RunState.FAILED]);

export function starting({ runs }: Reached): Act {
  return ({ name }) => persistently((requestId) => runs.startRun({ requestId, project: name }));
}

/** All runs of it that go on: those of a sweep are many. */
export function pausing(services: Reached): Act {
  return (project) =>
    eachRun(services, project, GOES, "Nothing of it is running", (name) =>
      persistently((requestId) => services.runs.pauseRun({ requestId, name })),
    );
}

export function resuming(services: Reached): Act {
  return (project) =>
    eachRun(services, project, STANDS, "It is not paused", (name) =>
      persistently((requestId) => services.runs.resumeRun({ requestId, name })),
    );
}

export function tagging({ projects }: Reached, addTags: string[], removeTags: string[]): Act {
  return ({ name }) => persistently((requestId) => projects.tagProject({ requestId, name, addTags, removeTags }));
}

export function deleting({ projects }: Reached, force: boolean): Act {
  return ({ name }) => persistently((requestId) => projects.deleteProject({ requestId, name, force }));
}

async function eachRun(
  { runs }: Reached,
  { name: parent }: Project,
  states: ReadonlySet<RunState>,
  none: string,
  act: (name: string) => Promise<Run>,
): Promise<void> {
  const found: Run[] = [];
  let pageToken = "";
  do {
    const page = await runs.listRuns({ parent, pageToken, pageSize: 200 });
    // Newest first: runs that go on are not among those that ended long ago.
    const fitting = page.runs.filter((run) => run.end === undefined && states.has(run.state));
    found.push(...fitting);
    pageToken = page.runs.some((run) => run.end === undefined) ? page.nextPageToken : "";
  } while (pageToken);
  if (found.length === 0) throw new ConnectError(none, Code.FailedPrecondition);
  for (const run of found) await act(run.name);
}
