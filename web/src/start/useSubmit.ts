// Sending the form: a run, a redo or a sweep; what the server refuses is told at its field.
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type Override, RunMode } from "../api/winslow/v1/run_pb.ts";
import { idOf } from "../parts/names.ts";
import type { Problem } from "../rpc/problem.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { axesOf, type Draft, NO_CHANGES, overrideOf } from "./draft.ts";
import { type Fault, faultOf } from "./faults.ts";
import type { Preset } from "./layers.ts";
import type { Asked } from "./Outlook.tsx";
import { sweptOverride } from "./sweeping.ts";

export interface Submitting {
  busy: boolean;
  fault: Fault | undefined;
  forget: () => void;
  send: (form: Form) => Promise<boolean>;
}

export interface Form {
  /** `projects/P`. */
  project: string;
  revision: bigint;
  asked: Asked;
  draft: Draft;
  presets: ReadonlyMap<string, Preset>;
  /** The parent of the attempt that is made again, for a sweep beside it. */
  redoParent: string;
  /** Points that were previewed; undefined for a run. */
  count: bigint | undefined;
}

export function useSubmit(): Submitting {
  const { runs } = useServices();
  const { busy, act } = useAct();
  const navigate = useNavigate();
  const [fault, setFault] = useState<Fault>();
  const send = async (form: Form) => {
    setFault(undefined);
    const told = (problem: Problem) => {
      const found = faultOf(problem, fieldsOf(form));
      setFault(found);
      return true;
    };
    const project = idOf(form.project);
    if (form.count !== undefined) {
      const made = await act(
        "Start the sweep",
        (requestId) => runs.startSweep(sweepOf(form, requestId)),
        undefined,
        told,
      );
      if (made) {
        await navigate({ to: "/projects/$project/sweeps/$sweep", params: { project, sweep: idOf(made.name) } });
      }
      return made !== undefined;
    }
    const made = await act("Start", (requestId) => runs.startRun(runOf(form, requestId)), undefined, told);
    if (made) await navigate({ to: "/projects/$project", params: { project }, search: { run: idOf(made.name) } });
    return made !== undefined;
  };
  return { busy, fault, forget: () => setFault(undefined), send };
}

function fieldsOf({ presets, draft }: Form) {
  return [...presets.values()].map((preset) => ({
    definition: preset.definition.name,
    variables: Object.keys({
      ...draft.stages[preset.definition.name]?.environment,
      ...draft.stages[preset.definition.name]?.axes,
    }),
  }));
}

export function overridesOf(draft: Draft, presets: ReadonlyMap<string, Preset>): Record<string, Override> {
  const found = [...presets].flatMap(([name, preset]) => {
    const override = overrideOf(preset, draft.stages[name] ?? NO_CHANGES);
    return override ? [[name, override] as const] : [];
  });
  return Object.fromEntries(found);
}

/** Of all that was let go of what was really submitted; there is one stage that is made again. */
function unsetOf(draft: Draft, presets: ReadonlyMap<string, Preset>): string[] {
  return [...presets].flatMap(([name, { submitted }]) =>
    (draft.stages[name]?.unset ?? []).filter((one) => one in submitted.environment),
  );
}

function runOf({ project, revision, asked, draft, presets }: Form, requestId: string) {
  return {
    requestId,
    project,
    expectedRevision: revision,
    mode: asked.one ? RunMode.ONE_STAGE : RunMode.RUN_ON,
    overrides: overridesOf(draft, presets),
    comment: draft.comment,
    ...(asked.redo
      ? { redo: asked.redo, unsetEnvironment: unsetOf(draft, presets) }
      : { start: [...asked.starts], ...(asked.parent === undefined ? {} : { parent: asked.parent }) }),
  };
}

function sweepOf({ project, revision, asked, draft, presets, redoParent, count }: Form, requestId: string) {
  const start = asked.starts[0] ?? "";
  const stage = draft.stages[start] ?? NO_CHANGES;
  const preset = presets.get(start);
  const override = preset && sweptOverride(preset, stage);
  const parent = asked.redo ? redoParent : asked.parent;
  return {
    requestId,
    project,
    start,
    axes: axesOf(stage),
    expectedRevision: revision,
    mode: asked.one ? RunMode.ONE_STAGE : RunMode.RUN_ON,
    stopOnFailure: draft.stopOnFailure,
    comment: draft.comment,
    expectedCount: count ?? 0n,
    ...(override ? { override } : {}),
    ...(parent === undefined ? {} : { parent }),
  };
}
