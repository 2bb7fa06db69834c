// What the start form knows: where it starts, what is changed, what that would do, and what still stands in the way.
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { idOf, stageName } from "../parts/names.ts";
import { problemOf } from "../rpc/problem.ts";
import { givenId, placeOf, prefillOf, type StartSearch } from "./address.ts";
import { hindrance, startsOf, ZEROTH } from "./choices.ts";
import { type Draft, NO_CHANGES, type StageDraft, wrongIn } from "./draft.ts";
import { type Fault, faultOf } from "./faults.ts";
import { missing, type Preset, rowsOf } from "./layers.ts";
import { type Asked, usePreview } from "./Outlook.tsx";
import { useSweepPreview } from "./SweepPanel.tsx";
import { useDraft } from "./useDraft.ts";
import { useSubmit } from "./useSubmit.ts";

const route = getRouteApi("/projects/$project/start");

export interface Start {
  project: Project;
  spec: PipelineSpec;
  revision: bigint;
  presets: ReadonlyMap<string, Preset>;
  /** The attempt that is made again, once it is known. */
  again: Stage | undefined;
  redo: string;
  stages: readonly Stage[];
}

export function useStartForm({ project, spec, revision, presets, again, redo, stages }: Start) {
  const id = idOf(project.name);
  const { starts, parent, search, go } = usePlace({ spec, again, redo, stages });
  const first = starts[0] ?? "";
  const prefill = useMemo(() => prefillOf(search, first), [search, first]);
  const drafting = useDraft(`${id} ${redo}`, prefill, presets.get(first));
  const { draft, clear } = drafting;
  const stage = draft.stages[first] ?? NO_CHANGES;
  const sweeping = Object.keys(stage.axes).length > 0;
  const one = search.mode ? search.mode === "one" : sweeping;
  const asked: Asked = useMemo(
    () => ({
      starts,
      redo,
      one,
      parent: parent === "" ? undefined : parent === ZEROTH ? "" : stageName(id, parent),
    }),
    [starts, redo, one, parent, id],
  );
  const preview = usePreview(project, asked);
  const points = useSweepPreview(project.name, first, stage);
  const submitting = useSubmit();
  const [tried, setTried] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is changed is no longer what was refused
  useEffect(() => submitting.forget(), [draft]);

  const amiss = [...lackingIn(starts, presets, draft), ...wrongOf(starts, draft, sweeping)];
  const hindered = hindrance(project);
  const uncounted = sweeping && (points.data === undefined || !points.settled || points.error !== null);
  const ready = !hindered && !uncounted && starts.length > 0;
  const send = async () => {
    setTried(true);
    if (!ready || amiss.length || submitting.busy) return;
    const count = sweeping ? points.data?.count : undefined;
    const redoParent = again?.parent ?? "";
    const sent = await submitting.send({ project: project.name, revision, asked, draft, presets, redoParent, count });
    if (sent) clear();
  };
  return {
    ...{ id, starts, first, parent, go, drafting, stage, sweeping, one, asked, preview, points, submitting },
    ...{ amiss, hindered, ready, tried, send },
    fault: submitting.fault ?? sweepFault(points.error, first, stage),
    later: (preview.data?.definitions ?? []).filter((name) => !starts.includes(name) && presets.has(name)),
    word: wordOf(sweeping, Number(points.data?.count ?? 0), redo !== ""),
  };
}

/** Where it starts is part of the address. */
function usePlace({ spec, again, redo, stages }: Pick<Start, "spec" | "again" | "redo" | "stages">) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const go = (change: StartSearch) => void navigate({ search: (now) => placeOf({ ...now, ...change }), replace: true });
  const parent = givenId(search.parent);
  const from = stages.find(({ name }) => idOf(name) === parent)?.definition?.name;
  const starts = useMemo(
    () => (redo ? [again?.definition?.name ?? ""].filter(Boolean) : startsOf(spec, search.at, from)),
    [redo, again, spec, search.at, from],
  );
  return { starts, parent, search, go };
}

function lackingIn(starts: readonly string[], presets: ReadonlyMap<string, Preset>, draft: Draft): string[] {
  return starts.flatMap((name) => {
    const preset = presets.get(name);
    const mine = draft.stages[name] ?? NO_CHANGES;
    const lacking = preset ? missing(rowsOf(preset, mine)).filter((one) => !(one in mine.axes)) : [];
    return lacking.map((one) => `${one} needs a value`);
  });
}

function wrongOf(starts: readonly string[], draft: Draft, sweeping: boolean): string[] {
  const wrong = starts.flatMap((name) => wrongIn(draft.stages[name] ?? NO_CHANGES));
  return sweeping && starts.length > 1 ? [...wrong, "A sweep starts at one stage, not at several"] : wrong;
}

function wordOf(sweeping: boolean, count: number, redo: boolean): string {
  if (!sweeping) return redo ? "Start the redo" : "Start";
  if (!count) return "Start the sweep";
  return count === 1 ? "Start 1 point" : `Start ${count.toLocaleString()} points`;
}

/** Where the points cannot be counted, the variable that is at fault. */
function sweepFault(error: unknown, definition: string, stage: StageDraft): Fault | undefined {
  return error ? faultOf(problemOf(error), [{ definition, variables: Object.keys(stage.axes) }]) : undefined;
}
