// What every point of a sweep is given beside what varies. A sweep knows no "made again": what was submitted for the attempt
// that it goes on from is said whole.
import { create } from "@bufbuild/protobuf";
import { type Override, OverrideSchema } from "../api/winslow/v1/run_pb.ts";
import { overrideOf, type StageDraft } from "./draft.ts";
import type { Preset } from "./layers.ts";

export function sweptOverride(preset: Preset, draft: StageDraft): Override | undefined {
  const { submitted } = preset;
  const changed = overrideOf(preset, draft);
  const override = create(OverrideSchema, {
    environment: { ...submitted.environment, ...changed?.environment },
  });
  for (const name of draft.unset ?? []) if (!(name in draft.environment)) delete override.environment[name];
  for (const name of Object.keys(draft.axes)) delete override.environment[name];
  const given = changed?.arguments?.values ?? submitted.arguments;
  if (given) override.arguments = { $typeName: "winslow.v1.Arguments", values: [...given] };
  const image = changed?.image ?? submitted.image;
  if (image) override.image = image;
  const resources = changed?.resources ?? submitted.resources;
  if (resources) override.resources = resources;
  const anything = Object.keys(override.environment).length > 0 || given || image || resources;
  return anything ? override : undefined;
}
