// Who waits for whom, in words.
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Gate } from "../api/winslow/v1/run_pb.ts";
import { idOf } from "../parts/names.ts";

/** The gate that has waited longest; undefined where nobody is waited for. */
export function longestGate({ gates }: Project): Gate | undefined {
  return gates.reduce<Gate | undefined>(
    (first, gate) => (first && since(first) <= since(gate) ? first : gate),
    undefined,
  );
}

const since = (gate: Gate): bigint => gate.since?.seconds ?? 0n;

/** "you", or those who take part in the project. */
export function waitedFor({ participants }: Project): string {
  if (participants.length === 0) return "you";
  if (participants.length <= 2) return participants.join(" and ");
  return `${participants[0]} and ${participants.length - 1} others`;
}

/** "track waits for you", and how many other gates do. */
export function waitsFor(project: Project, gate: Gate): string {
  const others = project.gates.length - 1;
  return `${gate.definition} waits for ${waitedFor(project)}${others > 0 ? ` (and ${others} more)` : ""}`;
}

/** Where the gate's page is. */
export function gateAddress(project: Project, gate: Gate) {
  return { project: idOf(project.name), run: idOf(gate.run), definition: gate.definition };
}
