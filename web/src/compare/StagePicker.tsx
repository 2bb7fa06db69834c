// Choosing an attempt, by what it is called and what was given for it.
import { Select } from "@mantine/core";
import { useMemo } from "react";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { choicesOf } from "./attempts.ts";

interface Props {
  label: string;
  stages: readonly Stage[];
  /** Attempts at it come first. */
  definition: string | undefined;
  /** A stage's id; "" for none. */
  value: string;
  onPick: (stage: string) => void;
  /** What choosing none is called; without, one must be chosen. */
  none?: string;
}

export function StagePicker({ label, stages, definition, value, onPick, none }: Props) {
  const groups = useMemo(() => choicesOf(stages, definition), [stages, definition]);
  const known = groups.some(({ items }) => items.some((item) => item.value === value));
  const own = value && !known ? [{ group: "chosen", items: [{ value, label: value }] }] : [];
  return (
    <Select
      size="xs"
      label={label}
      data={[...(none ? [{ group: "", items: [{ value: "", label: none }] }] : []), ...own, ...groups]}
      value={value || (none ? "" : null)}
      onChange={(next) => onPick(next ?? "")}
      placeholder="Choose an attempt"
      allowDeselect={false}
      searchable
      limit={300}
      maxDropdownHeight={360}
      nothingFoundMessage="No attempt is called so"
      flex={1}
      miw={220}
    />
  );
}
