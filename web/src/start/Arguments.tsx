// A stage's arguments: each a field of its own, since no shell ever takes a line apart.
import { ActionIcon, Button, Group, Stack, Text, Textarea, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconPlus, IconX } from "@tabler/icons-react";
import { useRef } from "react";
import type { Change } from "./draft.ts";
import type { Fault } from "./faults.ts";

interface Props {
  /** As they are when nobody changes them. */
  preset: readonly string[];
  values: readonly string[] | undefined;
  onChange: (change: Change) => void;
  fault?: Fault | undefined;
}

export function Arguments({ preset, values, onChange, fault }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const shown = values ?? preset;
  const put = (next: readonly string[] | undefined) => onChange({ kind: "arguments", values: next });
  const focus = (index: number) =>
    requestAnimationFrame(() =>
      list.current?.querySelectorAll<HTMLElement>("textarea:not([aria-hidden])")[index]?.focus(),
    );
  const faulty = fault?.field === "arguments" ? fault : undefined;
  return (
    <Stack gap={4} ref={list} role="group" aria-label="Arguments">
      {shown.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an argument is what stands at its place, two may be the same
        <Group key={index} gap={4} wrap="nowrap" align="start">
          <Textarea
            size="xs"
            ff="monospace"
            flex={1}
            autosize
            maxRows={10}
            aria-label={`Argument ${index + 1}`}
            value={value}
            error={faulty && faulty.name === String(index) ? faulty.message : undefined}
            onChange={({ currentTarget }) => put(shown.with(index, currentTarget.value))}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove argument ${index + 1}`}
            onClick={() => {
              put(shown.toSpliced(index, 1));
              focus(Math.max(0, index - 1));
            }}
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ))}
      {shown.length === 0 ? <Text size="sm">None: the image's own command is run.</Text> : null}
      {faulty && !faulty.name ? (
        <Text size="xs" c="red" role="alert">
          {faulty.message}
        </Text>
      ) : null}
      <Group gap="xs">
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          onClick={() => {
            put([...shown, ""]);
            focus(shown.length);
          }}
        >
          Add an argument
        </Button>
        {values ? (
          <Tooltip label="As they were">
            <Button
              variant="subtle"
              size="compact-sm"
              leftSection={<IconArrowBackUp size={14} />}
              onClick={() => put(undefined)}
            >
              Undo arguments
            </Button>
          </Tooltip>
        ) : null}
      </Group>
    </Stack>
  );
}
