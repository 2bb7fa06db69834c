// What a pipeline's graph says of each stage, in words: for its drawing, for the list beside it and for screen readers alike.
import { Confirmation, type PipelineSpec, type StageDefinition } from "../../api/winslow/v1/pipeline_pb.ts";
import { GpuVendor, type Resources } from "../../api/winslow/v1/resources_pb.ts";
import { size } from "../../parts/words.ts";

export interface Before {
  stage: string;
  /** The condition; "" for always. */
  when: string;
  /** The first edge that is taken passes the workspace on; the others are only waited for. */
  passes: boolean;
}

export interface Step {
  name: string;
  image: string;
  description: string;
  before: readonly Before[];
  /** Why it waits for a person, "" when it does not: "asks for THRESHOLD, to be confirmed each time". */
  gate: string;
  /** The same in a word or two: "THRESHOLD, confirm". */
  asked: string;
  /** What it needs of a node beyond the least: "2 CPUs", "8.0 GiB", "1 GPU". */
  needs: readonly string[];
}

/** The stages in the author's order; edges to stages that are not there, and second ones to the same, are none. */
export function outline(spec: PipelineSpec): Step[] {
  const names = new Set(spec.stages.map((stage) => stage.name));
  const first = new Map<string, StageDefinition>();
  for (const stage of spec.stages) if (!first.has(stage.name)) first.set(stage.name, stage);
  return [...first.values()].map((stage) => {
    const seen = new Set<string>();
    const edges = stage.after.filter((edge) => {
      const fresh = names.has(edge.stage) && edge.stage !== stage.name && !seen.has(edge.stage);
      seen.add(edge.stage);
      return fresh;
    });
    return {
      name: stage.name,
      image: stage.image,
      description: stage.description,
      before: edges.map((edge, index) => ({ stage: edge.stage, when: edge.when, passes: index === 0 })),
      gate: gate(stage),
      asked: asked(stage),
      needs: needs(stage.resources),
    };
  });
}

/** Where a stage stands among the others: "After a and b if results.x > 0". */
export function place({ before }: Step): string {
  if (!before.length) return "A first stage";
  return `After ${before.map(({ stage, when }) => (when ? `${stage} if ${when}` : stage)).join(" and ")}`;
}

function gate({ userInput }: StageDefinition): string {
  if (!userInput) return "";
  const asked = userInput.variables.length ? `asks for ${userInput.variables.join(", ")}` : "";
  const confirmed = {
    [Confirmation.UNSPECIFIED]: "",
    [Confirmation.NEVER]: "",
    [Confirmation.ONCE]: "to be confirmed once",
    [Confirmation.ALWAYS]: "to be confirmed each time",
  }[userInput.confirmation];
  return [asked, confirmed].filter(Boolean).join(", ");
}

function asked({ userInput }: StageDefinition): string {
  const confirmed = (userInput?.confirmation ?? Confirmation.NEVER) > Confirmation.NEVER;
  return [...(userInput?.variables ?? []), ...(confirmed ? ["confirm"] : [])].join(", ");
}

function needs(resources: Resources | undefined): string[] {
  if (!resources) return [];
  const { cpus, memory, gpus, tags } = resources;
  return [
    cpus !== undefined && cpus !== 1 ? `${cpus} ${cpus > 1 ? "CPUs" : "CPU"}` : "",
    memory > 0n ? size(memory) : "",
    gpus && gpus.count > 0 ? gpuWords(gpus.count, gpus.vendor, gpus.memory) : "",
    ...tags,
  ].filter(Boolean);
}

function gpuWords(count: number, vendor: GpuVendor, memory: bigint): string {
  const made = {
    [GpuVendor.NVIDIA]: "NVIDIA ",
    [GpuVendor.AMD]: "AMD ",
    [GpuVendor.ANY]: "",
    [GpuVendor.UNSPECIFIED]: "",
  };
  return `${count} ${made[vendor]}${count === 1 ? "GPU" : "GPUs"}${memory > 0n ? ` of ${size(memory)}` : ""}`;
}
