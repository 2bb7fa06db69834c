// Where a run begins: at which definitions of the pipeline, from whose workspace, and whether it goes on by itself.
import { MultiSelect, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { IconPlayerPlay, IconRepeat } from "@tabler/icons-react";
import { useMemo } from "react";
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { idOf } from "../parts/names.ts";
import { STAGE_MARKS } from "../parts/StateMark.tsx";
import { useNow } from "../parts/useNow.ts";
import { ago } from "../parts/words.ts";
import { Graph, type GraphMark } from "../pipelines/Graph.tsx";
import { grounds, ZEROTH } from "./choices.ts";

interface Props {
  spec: PipelineSpec;
  starts: readonly string[];
  /** "": the server chooses; `zeroth`; or a stage's id. */
  parent: string;
  one: boolean;
  stages: readonly Stage[];
  /** What the server would choose, in words. */
  chosen: string;
  onStarts: (starts: string[]) => void;
  onParent: (parent: string) => void;
  onMode: (one: boolean) => void;
  /** What would be executed beside. */
  executed: readonly string[];
}

export function WhereToStart(props: Props) {
  const { spec, starts, executed, onStarts } = props;
  const marks = useMemo(() => marksOf(starts, executed), [starts, executed]);
  const toggled = (definition: string) => {
    const next = starts.includes(definition)
      ? starts.filter((name) => name !== definition)
      : starts.length === 1
        ? [definition]
        : [...starts, definition];
    onStarts(next);
  };
  return (
    <Stack gap="sm">
      <Graph spec={spec} marks={marks} onPick={toggled} selected={starts[0]} most={260} />
      <MultiSelect
        size="xs"
        label="Start at"
        description="One stage, or several that run side by side"
        data={spec.stages.map(({ name }) => name)}
        value={[...starts]}
        onChange={onStarts}
        searchable
        hidePickedOptions
      />
      <From {...props} />
    </Stack>
  );
}

function From({ stages, parent, chosen, onParent, one, onMode }: Props) {
  const now = useNow();
  const attempts = useMemo(() => grounds(stages), [stages]);
  const choices = [
    { value: "", label: `Let Winslow choose: ${chosen}` },
    { value: ZEROTH, label: "The zeroth workspace: what people put there" },
    ...attempts.map((stage) => ({
      value: idOf(stage.name),
      label: `${idOf(stage.name)}: ${STAGE_MARKS[stage.state].word.toLowerCase()} ${ago(stage.endTime, now)}`,
    })),
  ];
  const known = choices.some(({ value }) => value === parent);
  return (
    <>
      <Select
        size="xs"
        label="From the workspace of"
        data={known ? choices : [...choices, { value: parent, label: parent }]}
        value={parent}
        onChange={(value) => onParent(value ?? "")}
        allowDeselect={false}
        searchable
        limit={200}
        maxDropdownHeight={320}
      />
      <Mode one={one} onMode={onMode} />
    </>
  );
}

export function Mode({ one, onMode }: { one: boolean; onMode: (one: boolean) => void }) {
  return (
    <div>
      <Text size="xs" fw={500} id="start-mode" mb={4}>
        Afterwards
      </Text>
      <SegmentedControl
        size="xs"
        aria-labelledby="start-mode"
        value={one ? "one" : "on"}
        onChange={(value) => onMode(value === "one")}
        data={[
          { value: "on", label: "Run on" },
          { value: "one", label: "This one, then pause" },
        ]}
      />
    </div>
  );
}

function marksOf(starts: readonly string[], executed: readonly string[]): Map<string, GraphMark> {
  const marks = new Map<string, GraphMark>();
  for (const name of executed) {
    marks.set(name, { mark: { word: "Executed", shape: IconRepeat, colour: "teal" } });
  }
  for (const name of starts) {
    marks.set(name, { mark: { word: "Starts here", shape: IconPlayerPlay, colour: "teal" } });
  }
  return marks;
}
