// What became of a gate: whether somebody is asked, and if not, who answered it how, or why nobody is asked. Pure.
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { type Gate, type Run, RunEnd } from "../api/winslow/v1/run_pb.ts";

export type Fate =
  | { kind: "open"; gate: Gate }
  | {
      kind: "answered";
      by: string;
      time: Timestamp | undefined;
      environment: Readonly<Record<string, string>>;
      /** The attempt that started with it, a stage's name; "" as long as there is none. */
      stage: string;
    }
  | { kind: "skipped" }
  | { kind: "started"; stage: string }
  | { kind: "superseded" }
  | { kind: "ended"; succeeded: boolean }
  | { kind: "paused"; by: string; why: string }
  | { kind: "not-yet" };

export function fateOf(run: Run, definition: string): Fate {
  const gate = run.gates.find((one) => one.definition === definition);
  if (gate) return { kind: "open", gate };
  const stage = run.attempts[definition]?.stages.at(-1) ?? "";
  if (run.skipped.includes(definition)) return { kind: "skipped" };
  const answer = run.answers[definition];
  if (answer) return { kind: "answered", by: answer.by, time: answer.time, environment: answer.environment, stage };
  if (stage) return { kind: "started", stage };
  if (run.end === RunEnd.SUPERSEDED) return { kind: "superseded" };
  if (run.end !== undefined) return { kind: "ended", succeeded: run.end === RunEnd.SUCCEEDED };
  if (run.hold) return { kind: "paused", by: run.hold.by, why: run.hold.reason?.text ?? "" };
  return { kind: "not-yet" };
}

/** What is asked, in a sentence. */
export function askedOf(gate: Gate): string {
  const values = listed(gate.missingVariables);
  const needs = values && `${values} ${gate.missingVariables.length === 1 ? "needs a value" : "need values"}`;
  if (!gate.confirmationNeeded) return `${needs || "A person is waited for"} before ${gate.definition} can start.`;
  const look = gate.parent ? "Look at what came before it" : "Look at what it begins with";
  return `${look}, then let ${gate.definition} start${needs ? `; ${needs} first` : ""}.`;
}

function listed(names: readonly string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : (names[0] ?? "");
}
