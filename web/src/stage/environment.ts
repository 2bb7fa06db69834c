// Which variables of an attempt a person looks for.
import { Layer, type Variable } from "../api/winslow/v1/stage_pb.ts";

/** Those whose name or value holds each word of `text`; Winslow's own only if `own`, or where somebody looks for them by name. */
export function shownVariables(variables: readonly Variable[], text: string, own: boolean): Variable[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const named = words.some((word) => word.startsWith("winslow"));
  return variables.filter(({ name, value, layer }) => {
    if (layer === Layer.INTERNAL && !own && !named) return false;
    const said = `${name}\n${value}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}
