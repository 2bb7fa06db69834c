// Patterns that are marked wherever they are seen, each in its colour.
import { ActionIcon, Badge, Button, Group, Popover, Stack, Text, TextInput } from "@mantine/core";
import { IconHighlight, IconTrash } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import classes from "./LogView.module.css";
import { patternOf } from "./patterns.ts";

const MOST = 6;

interface Props {
  marks: readonly string[];
  slow: ReadonlySet<string>;
  onChange: (marks: string[]) => void;
}

export function Marks({ marks, slow, onChange }: Props) {
  const [written, write] = useState("");
  const pattern = patternOf(written);
  const wrong = written !== "" && pattern !== undefined && !pattern.marks;
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!pattern?.marks || marks.includes(written)) return;
    onChange([...marks, written]);
    write("");
  };
  return (
    <Popover position="bottom-start" shadow="md" trapFocus withinPortal={false}>
      <Popover.Target>
        <Button size="compact-sm" variant="default" leftSection={<IconHighlight size={14} aria-hidden />}>
          Mark
          {marks.length > 0 ? (
            <Badge size="xs" ml={6} circle>
              {marks.length}
            </Badge>
          ) : null}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw={340}>
        <Stack gap="xs">
          {marks.map((mark, place) => (
            <Group key={mark} gap="xs" wrap="nowrap">
              <span className={classes.text}>
                <span className={classes.swatch} data-found={place + 1} />
              </span>
              <Text size="sm" ff="monospace" truncate flex={1}>
                {mark}
              </Text>
              {slow.has(mark) ? (
                <Text size="xs" c="orange">
                  too slow here
                </Text>
              ) : null}
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Do not mark ${mark}`}
                onClick={() => onChange(marks.filter((one) => one !== mark))}
              >
                <IconTrash size={14} aria-hidden />
              </ActionIcon>
            </Group>
          ))}
          <form onSubmit={add}>
            <Group gap="xs" align="end" wrap="nowrap">
              <TextInput
                label="Mark every"
                description="Words, or /an expression/"
                placeholder="/loss=\S+/"
                value={written}
                error={wrong ? "No expression that a browser can read" : undefined}
                disabled={marks.length >= MOST}
                onChange={(event) => write(event.currentTarget.value)}
              />
              <Button type="submit" size="sm" variant="default" disabled={!pattern?.marks || marks.length >= MOST}>
                Add
              </Button>
            </Group>
          </form>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
