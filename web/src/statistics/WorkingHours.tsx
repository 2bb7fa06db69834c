// When people work, as the viewer says; it is part of the address, so that who is sent it sees the same.
import { Button, NumberInput, Popover, Select, Stack } from "@mantine/core";
import type { Working } from "./figures.ts";

const DAYS = Array.from({ length: 7 }, (_, day) => ({
  value: String(day),
  label: new Intl.DateTimeFormat(undefined, { weekday: "long" }).format(new Date(2024, 0, 1 + day)),
}));

export function WorkingHours({ working, onChange }: { working: Working; onChange: (work: string) => void }) {
  const { lastDay, from, until } = working;
  const say = (next: Partial<Working>) => {
    const one = { ...working, ...next };
    if (one.from < one.until) onChange(`${one.lastDay}-${one.from}-${one.until}`);
  };
  return (
    <Popover position="bottom-end" withArrow trapFocus>
      <Popover.Target>
        <Button variant="default" size="xs">
          Working hours {from} to {until}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <Select
            label="From Monday to"
            size="xs"
            data={DAYS}
            allowDeselect={false}
            value={String(lastDay)}
            comboboxProps={{ withinPortal: false }}
            onChange={(value) => say({ lastDay: Number(value ?? 4) })}
          />
          <NumberInput
            label="From"
            size="xs"
            min={0}
            max={until - 1}
            value={from}
            onChange={(value) => say({ from: Number(value) })}
          />
          <NumberInput
            label="Until"
            size="xs"
            min={from + 1}
            max={24}
            value={until}
            onChange={(value) => say({ until: Number(value) })}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
