// What can be done with a log: look for something, go to a time, choose what is shown and how, take it away.
import { ActionIcon, Button, Chip, Group, Menu, Popover, Stack, Text, TextInput } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconClock,
  IconDotsVertical,
  IconDownload,
  IconLetterCase,
  IconTextWrap,
} from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { fileAddress } from "../parts/names.ts";
import { type Shown, STDERR, STDOUT, WINSLOW } from "./block.ts";
import { Marks } from "./Marks.tsx";
import { LETTERS, type Preferences } from "./preferences.ts";
import type { TimeShown } from "./times.ts";

interface Props {
  stage: string;
  preferences: Preferences;
  prefer: (change: Partial<Preferences>) => void;
  sticks: boolean;
  live: boolean;
  full: boolean;
  /** Patterns that took too long to be marked. */
  slow: ReadonlySet<string>;
  onEnd: () => void;
  onTime: (milliseconds: number) => void;
  onFull: () => void;
  search: ReactNode;
}

const STREAM_NAMES: [number, string, string][] = [
  [STDOUT as number, "stdout", "Out"],
  [STDERR as number, "stderr", "Err"],
  [WINSLOW as number, "Winslow's own events", "Winslow"],
];

export function Toolbar(props: Props) {
  const { preferences, prefer } = props;
  return (
    <Group gap={6} role="toolbar" aria-label="Log" wrap="wrap">
      {props.search}
      <Group gap={4} role="group" aria-label="Shown streams" wrap="nowrap">
        {STREAM_NAMES.map(([stream, says, short]) => (
          <Chip
            key={stream}
            size="xs"
            radius="sm"
            variant="light"
            title={`Show ${says}`}
            checked={Boolean(preferences.shown & (1 << stream))}
            onChange={() => prefer({ shown: toggled(preferences.shown, stream) })}
          >
            {short}
          </Chip>
        ))}
      </Group>
      <Marks marks={preferences.marks} slow={props.slow} onChange={(marks) => prefer({ marks })} />
      <Group gap={4} ml="auto" wrap="nowrap">
        <Button
          size="compact-sm"
          variant={props.sticks ? "light" : "default"}
          leftSection={<IconArrowDown size={14} aria-hidden />}
          aria-pressed={props.sticks}
          title="Keep the end in sight (f)"
          onClick={props.onEnd}
        >
          {props.live ? "Follow" : "End"}
        </Button>
        <Tool
          label={preferences.wrap ? "Do not wrap lines" : "Wrap lines"}
          pressed={preferences.wrap}
          onClick={() => prefer({ wrap: !preferences.wrap })}
        >
          <IconTextWrap size={16} aria-hidden />
        </Tool>
        <JumpToTime onTime={props.onTime} />
        <Tool
          label={props.full ? "Leave full screen (Esc)" : "Full screen"}
          pressed={props.full}
          onClick={props.onFull}
        >
          {props.full ? <IconArrowsMinimize size={16} aria-hidden /> : <IconArrowsMaximize size={16} aria-hidden />}
        </Tool>
        <More stage={props.stage} preferences={preferences} prefer={prefer} />
      </Group>
    </Group>
  );
}

/** At least one of them is shown. */
const toggled = (shown: Shown, stream: number): Shown => shown ^ (1 << stream) || shown;

function Tool({
  label,
  pressed,
  onClick,
  children,
}: {
  label: string;
  pressed?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <ActionIcon
      variant={pressed ? "light" : "default"}
      size="md"
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      onClick={onClick}
    >
      {children}
    </ActionIcon>
  );
}

function JumpToTime({ onTime }: { onTime: (milliseconds: number) => void }) {
  const [opened, open] = useState(false);
  const [time, setTime] = useState("");
  const at = time ? new Date(time).getTime() : Number.NaN;
  return (
    <Popover opened={opened} onChange={open} trapFocus position="bottom-end" shadow="md" withinPortal={false}>
      <Popover.Target>
        <ActionIcon
          variant="default"
          size="md"
          aria-label="Jump to a time"
          title="Jump to a time"
          onClick={() => open(!opened)}
        >
          <IconClock size={16} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (Number.isNaN(at)) return;
            open(false);
            onTime(at);
          }}
        >
          <Stack gap="xs">
            <TextInput
              type="datetime-local"
              step={1}
              label="First line at or after"
              value={time}
              onChange={(event) => setTime(event.currentTarget.value)}
            />
            <Button type="submit" size="xs" disabled={Number.isNaN(at)}>
              Jump
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

const TIMES: [TimeShown, string][] = [
  ["zone", "Times in your zone"],
  ["relative", "Times since the log began"],
  ["off", "No times"],
];

function More({ stage, preferences, prefer }: Pick<Props, "stage" | "preferences" | "prefer">) {
  const size = LETTERS.indexOf(preferences.letters);
  const letters = (step: number) => prefer({ letters: LETTERS[size + step] ?? preferences.letters });
  return (
    <Menu position="bottom-end" shadow="md" closeOnItemClick={false} withinPortal={false}>
      <Menu.Target>
        <ActionIcon variant="default" size="md" aria-label="More" title="Times, letters, download">
          <IconDotsVertical size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {TIMES.map(([time, says]) => (
          <Menu.Item
            key={time}
            role="menuitemradio"
            aria-checked={preferences.time === time}
            rightSection={preferences.time === time ? <Text span>✓</Text> : null}
            onClick={() => prefer({ time })}
          >
            {says}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLetterCase size={16} aria-hidden />}
          disabled={size >= LETTERS.length - 1}
          onClick={() => letters(1)}
        >
          Larger letters
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLetterCase size={12} aria-hidden />}
          disabled={size <= 0}
          onClick={() => letters(-1)}
        >
          Smaller letters
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          component="a"
          closeMenuOnClick
          href={fileAddress(`${stage}/log`, "download")}
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Download, with times
        </Menu.Item>
        <Menu.Item
          component="a"
          closeMenuOnClick
          href={textAddress(stage)}
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Download as plain text
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const textAddress = (stage: string) => `/logs/${stage.split("/").map(encodeURIComponent).join("/")}`;
