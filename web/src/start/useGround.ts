// What a start form stands on: the project as it is with its pipeline, the cluster's environment, and the attempt that is made
// again, if one is. Asked for once, and again when the stream tells that it changed.
import { create } from "@bufbuild/protobuf";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type PipelineSpec, PipelineSpecSchema } from "../api/winslow/v1/pipeline_pb.ts";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { useLive, useResource, useTable } from "../live/Live.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { useStage } from "../stage/useStage.ts";
import { NOTHING_SUBMITTED, type Preset, presetOf, type Submitted, submittedFor } from "./layers.ts";

export interface Spec {
  /** As the stream tells it; without its pipeline. */
  project: Project | undefined;
  spec: PipelineSpec | undefined;
  /** Of the project that `spec` was read from: what is submitted was decided on it. */
  revision: bigint;
  error: unknown;
  /** The stream knows of no such project. */
  gone: boolean;
}

/** The pipeline of `projects/P`, read again whenever the project changes. */
export function useSpec(name: string): Spec {
  const { projects } = useServices();
  const project = useResource("project", name);
  const complete = useLive((picture) => picture.complete);
  const asked = useQuery({
    queryKey: ["pipeline-of", name, String(project?.revision ?? "")],
    queryFn: ({ signal }) => projects.getProject({ name }, { signal }),
    enabled: project !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const read = asked.data?.name === name ? asked.data : undefined;
  return {
    project,
    spec: read ? (read.pipeline ?? create(PipelineSpecSchema)) : undefined,
    revision: read?.revision ?? 0n,
    error: asked.error,
    gone: complete && !project,
  };
}

/** One run wherever it is: among the live ones, or in the project's history. */
export function useRun(name: string, told = true): { run: Run | undefined; error: unknown; waiting: boolean } {
  const { runs } = useServices();
  const live = useResource("run", name);
  const asked = useQuery({
    queryKey: ["run", name],
    queryFn: ({ signal }) => runs.getRun({ name }, { signal }),
    enabled: Boolean(name) && told && !live,
  });
  const run = live ?? (name ? asked.data : undefined);
  return { run, error: run ? null : asked.error, waiting: Boolean(name) && !run && !asked.error };
}

/** The cluster's environment; empty as long as nobody set any. */
export function useGlobals(): Readonly<Record<string, string>> {
  const table = useTable("globalEnvironment");
  return [...table.values()][0]?.environment ?? NONE;
}

const NONE = {};

export interface Ground extends Spec {
  /** The attempt that is made again. */
  again: Stage | undefined;
  /** Of every definition what it would start with, by name. */
  presets: ReadonlyMap<string, Preset> | undefined;
}

/** `redo` is the name of the stage that is made again; "" for none. */
export function useGround(name: string, redo: string): Ground {
  const found = useSpec(name);
  const globals = useGlobals();
  const attempt = useStage(redo);
  const its = useRun(attempt.stage?.run ?? "");
  const { spec } = found;
  const presets = useMemo(() => {
    if (!spec || (redo && (attempt.waiting || its.waiting))) return undefined;
    const again = attempt.stage?.definition?.name;
    const submitted = (definition: string): Submitted =>
      attempt.stage && definition === again
        ? submittedFor(attempt.stage, its.run?.overrides[definition])
        : NOTHING_SUBMITTED;
    const below = { global: globals, pipeline: spec.environment };
    return new Map(spec.stages.map((one) => [one.name, presetOf(one, below, submitted(one.name))]));
  }, [spec, globals, redo, attempt.stage, attempt.waiting, its.run, its.waiting]);
  return { ...found, error: found.error ?? attempt.error, again: attempt.stage, presets };
}
