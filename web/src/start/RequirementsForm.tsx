// What a stage requires of a node, held against the nodes there are while it is written.
import { Alert, Button, Group, Select, SimpleGrid, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconArrowBackUp, IconCircleCheck, IconClock } from "@tabler/icons-react";
import { useMemo } from "react";
import { GpuVendor, type Resources } from "../api/winslow/v1/resources_pb.ts";
import { useTable } from "../live/Live.tsx";
import type { Change } from "./draft.ts";
import type { Fault } from "./faults.ts";
import { faultsOf, type Requirements, type Room, requirementsOf, VENDOR_WORDS, type Wrong } from "./requirements.ts";

interface Props {
  preset: Resources;
  value: Requirements | undefined;
  onChange: (change: Change) => void;
  fault?: Fault | undefined;
}

/** As the server calls the fields. */
const FIELDS: Record<string, keyof Requirements> = {
  cpus: "cpus",
  memory: "memory",
  shared_memory: "sharedMemory",
  pids: "pids",
  "gpus.count": "gpus",
  "gpus.memory": "gpuMemory",
  tags: "tags",
};
const VENDORS = [GpuVendor.ANY, GpuVendor.NVIDIA, GpuVendor.AMD];

export function RequirementsForm({ preset, value, onChange, fault }: Props) {
  const nodes = useTable("node");
  const shown = value ?? requirementsOf(preset);
  const wrong = withFault(faultsOf(shown), fault);
  const put = (change: Partial<Requirements>) => onChange({ kind: "resources", resources: { ...shown, ...change } });
  const tags = useMemo(() => [...new Set([...nodes.values()].flatMap((node) => node.tags))].sort(), [nodes]);
  const field = (
    key: "cpus" | "memory" | "sharedMemory" | "pids" | "gpus" | "gpuMemory",
    label: string,
    hint: string,
  ) => (
    <TextInput
      size="xs"
      label={label}
      placeholder={hint}
      value={shown[key]}
      error={wrong[key]}
      onChange={({ currentTarget }) => put({ [key]: currentTarget.value })}
    />
  );
  return (
    <Stack gap="xs">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="xs" verticalSpacing="xs">
        {field("cpus", "CPUs", "1")}
        {field("memory", "Memory", "no limit")}
        {field("sharedMemory", "Shared memory", "64MiB")}
        {field("pids", "Processes", "4096")}
        {field("gpus", "GPUs", "none")}
        <Select
          size="xs"
          label="Made by"
          allowDeselect={false}
          disabled={!Number(shown.gpus)}
          data={VENDORS.map((vendor) => ({ value: String(vendor), label: VENDOR_WORDS[vendor] }))}
          value={String(shown.vendor)}
          onChange={(vendor) => put({ vendor: Number(vendor) as GpuVendor })}
        />
        {Number(shown.gpus) ? field("gpuMemory", "Memory of each", "any") : null}
      </SimpleGrid>
      <TagsInput
        size="xs"
        label="Tags that the node must have"
        placeholder={shown.tags.length ? undefined : "none"}
        data={tags}
        value={shown.tags}
        error={wrong.tags}
        onChange={(next) => put({ tags: next })}
      />
      {value ? (
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          leftSection={<IconArrowBackUp size={14} />}
          onClick={() => onChange({ kind: "resources", resources: undefined })}
        >
          Undo requirements
        </Button>
      ) : null}
    </Stack>
  );
}

function withFault(wrong: Wrong, fault: Fault | undefined): Wrong {
  if (fault?.field !== "resources") return wrong;
  const key = FIELDS[fault.name] ?? "cpus";
  return { [key]: fault.message, ...wrong };
}

/** Whether it could start, in words; what is as it should be is said quietly. */
export function RoomNote({ room }: { room: Room }) {
  if (room.when === "now") {
    return (
      <Group gap={6} wrap="nowrap">
        <Text c="green" component="span" lh={0}>
          <IconCircleCheck size={16} aria-hidden />
        </Text>
        <Text size="sm">{room.text}</Text>
      </Group>
    );
  }
  const never = room.when === "never";
  const Shape = never ? IconAlertTriangle : IconClock;
  return (
    <Alert color={never ? "red" : "yellow"} variant="light" p="xs" icon={<Shape size={18} aria-hidden />} role="status">
      <Text size="sm">{room.text}</Text>
    </Alert>
  );
}
