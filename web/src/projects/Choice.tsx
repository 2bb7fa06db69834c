// One of the tags, pipelines or authors that there are, or any.
import { Select } from "@mantine/core";
import { memo, useMemo, useState } from "react";
import type { Projects } from "./arranging.ts";
import { choices, type Field } from "./choices.ts";
import type { Change } from "./criteria.ts";

export interface ChoiceProps {
  word: string;
  field: Field;
  value: string | null;
  table: Projects;
  onAsk: (change: Change) => void;
  autoFocus?: boolean;
}

export const Choice = memo(function Choice({ word, field, value, table, onAsk, autoFocus = false }: ChoiceProps) {
  const [open, setOpen] = useState(false);
  // Looked for only while somebody looks at them.
  const found = useMemo(() => (open ? choices(table, field) : []), [open, table, field]);
  const data = value && !found.includes(value) ? [value, ...found] : found;
  return (
    <Select
      aria-label={word}
      placeholder={word}
      autoFocus={autoFocus}
      data={data}
      value={value}
      onChange={(next) => onAsk({ [field]: next ?? undefined })}
      dropdownOpened={open}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      searchable
      clearable
      limit={100}
      clearButtonProps={{ "aria-label": `Any ${word.toLowerCase()}` }}
      nothingFoundMessage="None is like that"
      comboboxProps={{ keepMounted: false }} // placing what nobody sees makes the browser lay the page out once more
    />
  );
});
