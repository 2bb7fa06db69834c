// A variable that nobody has set yet: its name is held to what the server takes before it is there.
import { Button, Group, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { type KeyboardEvent, useId, useState } from "react";
import type { Change } from "./draft.ts";
import { variableFault } from "./layers.ts";
import classes from "./start.module.css";
import { fieldId } from "./Variable.tsx";

interface NewProps {
  definition: string;
  taken: readonly string[];
  onAdd: (change: Change) => void;
}

export function NewVariable({ definition, taken, onAdd }: NewProps) {
  const [open, { open: show, close }] = useDisclosure();
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const id = useId();
  const fault = variableFault(name, taken);
  const add = () => {
    setTried(true);
    if (fault) return;
    onAdd({ kind: "variable", name, value: "" });
    setName("");
    setTried(false);
    close();
    requestAnimationFrame(() => document.getElementById(fieldId(definition, name))?.focus());
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      add();
    }
    if (event.key === "Escape") close();
  };
  if (!open) {
    return (
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconPlus size={14} />}
        onClick={show}
        className={classes.add}
      >
        Add a variable
      </Button>
    );
  }
  return (
    <Group gap="xs" align="start" className={classes.add}>
      <TextInput
        id={id}
        data-autofocus
        autoFocus
        size="xs"
        ff="monospace"
        aria-label="Name of the new variable"
        placeholder="NAME"
        value={name}
        error={name && tried ? fault : undefined}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
        onKeyDown={pressed}
      />
      <Button size="xs" variant="default" onClick={add} disabled={!name}>
        Add
      </Button>
      <Button size="xs" variant="subtle" color="gray" onClick={close}>
        Cancel
      </Button>
    </Group>
  );
}
