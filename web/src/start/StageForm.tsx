// One stage that will start, as a person may change it just before: variables, arguments, image, requirements.
import { Accordion, ActionIcon, Badge, Group, Stack, Text, TextInput, Title, Tooltip } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTable } from "../live/Live.tsx";
import { Arguments } from "./Arguments.tsx";
import { shown } from "./differences.ts";
import { type Change, NO_CHANGES, type StageDraft } from "./draft.ts";
import type { Fault } from "./faults.ts";
import type { Preset, Row } from "./layers.ts";
import { RequirementsForm, RoomNote } from "./RequirementsForm.tsx";
import { faultsOf, resourcesOf, resourceWords, roomFor } from "./requirements.ts";
import { Variables } from "./Variables.tsx";

interface Props {
  preset: Preset;
  draft?: StageDraft | undefined;
  onChange: (change: Change) => void;
  fault?: Fault | undefined;
  sweeps?: boolean | undefined;
  /** What was submitted for an attempt may be let go of. */
  releases?: boolean | undefined;
  strict?: boolean | undefined;
  onPickFile?: ((row: Row) => void) | undefined;
}

export function StageForm({
  preset,
  draft = NO_CHANGES,
  onChange,
  fault,
  sweeps,
  strict,
  releases,
  onPickFile,
}: Props) {
  const open = fault && fault.field !== "variable" && fault.field !== "form" ? [fault.field] : [];
  return (
    <Stack gap="sm">
      <Variables {...{ preset, draft, onChange, fault, onPickFile, sweeps, strict, releases }} />
      <Accordion
        multiple
        variant="contained"
        defaultValue={open}
        key={open.join()}
        chevronPosition="left"
        styles={TIGHT}
      >
        <Section
          name="resources"
          title="Requirements"
          said={requirementWords(preset, draft)}
          touched={!!draft.resources}
        >
          <RequirementsForm preset={preset.resources} value={draft.resources} {...{ onChange, fault }} />
        </Section>
        <Section
          name="arguments"
          title="Arguments"
          said={shown(draft.arguments ?? preset.arguments) || "none"}
          touched={!!draft.arguments}
        >
          <Arguments preset={preset.arguments} values={draft.arguments} {...{ onChange, fault }} />
        </Section>
        <Section name="image" title="Image" said={draft.image ?? preset.image} touched={draft.image !== undefined}>
          <Image {...{ preset, draft, onChange, fault }} />
        </Section>
      </Accordion>
      <Fit preset={preset} draft={draft} />
    </Stack>
  );
}

const TIGHT = { label: { paddingBlock: 6 }, content: { paddingTop: 4 } };

interface SectionProps {
  name: string;
  title: string;
  said: string;
  touched: boolean;
  children: React.ReactNode;
}

function Section({ name, title, said, touched, children }: SectionProps) {
  return (
    <Accordion.Item value={name}>
      <Accordion.Control>
        <Group gap="xs" wrap="nowrap">
          <Text size="sm" fw={500} style={{ flex: "none" }}>
            {title}
          </Text>
          <Text size="sm" truncate="end" miw={0} flex={1}>
            {said}
          </Text>
          {touched ? (
            <Badge size="sm" variant="light" tt="none" style={{ flex: "none" }}>
              changed here
            </Badge>
          ) : null}
        </Group>
      </Accordion.Control>
      <Accordion.Panel>{children}</Accordion.Panel>
    </Accordion.Item>
  );
}

function Image({
  preset,
  draft,
  onChange,
  fault,
}: Required<Pick<Props, "preset" | "onChange">> & { draft: StageDraft; fault: Fault | undefined }) {
  const nodes = useTable("node");
  const image = draft.image ?? preset.image;
  const holding = useMemo(() => [...nodes.values()].filter((node) => node.images.includes(image)), [nodes, image]);
  return (
    <Stack gap={4}>
      <TextInput
        size="xs"
        ff="monospace"
        aria-label="Image"
        value={image}
        error={fault?.field === "image" ? fault.message : image ? undefined : "Give the name of an image"}
        onChange={({ currentTarget: { value } }) =>
          onChange({ kind: "image", image: value === preset.image ? undefined : value })
        }
        rightSection={
          draft.image === undefined ? null : (
            <Tooltip label={`Back to ${preset.image}`}>
              <ActionIcon
                variant="subtle"
                size="sm"
                aria-label="Undo image"
                onClick={() => onChange({ kind: "image", image: undefined })}
              >
                <IconArrowBackUp size={16} />
              </ActionIcon>
            </Tooltip>
          )
        }
      />
      <Text size="xs" c="dimmed">
        {holding.length
          ? `It is on ${holding.length === 1 ? "one node" : `${holding.length} nodes`} of ${nodes.size} already.`
          : "No node has it yet: it is pulled before the stage starts, which may take minutes."}
      </Text>
    </Stack>
  );
}

/** Whether any node has room; what is as it should be is only said of what was changed. */
function Fit({ preset, draft }: { preset: Preset; draft: StageDraft }) {
  const nodes = useTable("node");
  if (draft.resources && Object.keys(faultsOf(draft.resources)).length) return null;
  const room = roomFor(draft.resources ? resourcesOf(draft.resources) : preset.resources, nodes.values());
  return room.when === "now" && !draft.resources ? null : <RoomNote room={room} />;
}

function requirementWords(preset: Preset, draft: StageDraft): string {
  if (!draft.resources) return resourceWords(preset.resources);
  return Object.keys(faultsOf(draft.resources)).length
    ? "see what is wrong"
    : resourceWords(resourcesOf(draft.resources));
}

/** What a stage is called, and what for. */
export function StageHead({ preset, note }: { preset: Preset; note?: string | undefined }) {
  return (
    <div>
      <Group gap="xs" align="baseline">
        <Title order={3} size="h5">
          {preset.definition.name}
        </Title>
        {note ? (
          <Text size="sm" c="dimmed">
            {note}
          </Text>
        ) : null}
      </Group>
      {preset.definition.description ? <Text size="sm">{preset.definition.description}</Text> : null}
    </div>
  );
}
