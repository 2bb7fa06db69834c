// Where a pipeline file is written: the text, what is wrong with it, and the graph that it makes, live beside it.
import { Alert, Box, Button, Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconHistory, IconLoader } from "@tabler/icons-react";
import { type ReactNode, useMemo, useState } from "react";
import type { Problem } from "../../api/winslow/v1/common_pb.ts";
import { useTable } from "../../live/Live.tsx";
import { named } from "../../nodes/capacity.ts";
import { ProblemNote } from "../../parts/ProblemNote.tsx";
import { useNow } from "../../parts/useNow.ts";
import { duration } from "../../parts/words.ts";
import type { Known } from "../editor/completing.ts";
import { Code } from "../editor/lazily.tsx";
import { told } from "../editor/problems.ts";
import { Graph } from "../Graph.tsx";
import { discarded } from "./editing.ts";
import type { BeingEdited } from "./useEditing.ts";
import type { Parsed } from "./useParsed.ts";
import classes from "./Workbench.module.css";

interface Props {
  label: string;
  being: BeingEdited;
  parsed: Parsed;
  onSave: () => void;
  /** What can be done with it, and what follows from that. */
  children: ReactNode;
}

export function Workbench({ label, being, parsed, onSave, children }: Props) {
  const known = useKnown();
  const [goTo, setGoTo] = useState<{ line: number; column: number }>();
  const { spec, problems, behind, error } = parsed;
  return (
    <Stack gap="sm">
      <Restored being={being} />
      <div className={classes.beside}>
        <Stack gap="xs" miw={0}>
          <Box className={classes.editor}>
            <Code
              value={being.editing.text}
              label={label}
              onChange={being.type}
              onSave={onSave}
              problems={problems}
              known={known}
              goTo={goTo}
            />
          </Box>
          {error ? <ProblemNote error={error} /> : <Problems problems={problems} behind={behind} onGo={setGoTo} />}
        </Stack>
        <Stack gap="sm" miw={0}>
          {children}
          {spec ? (
            <Box style={problems.length ? { filter: "grayscale(1)" } : {}} aria-busy={behind}>
              <Graph spec={spec} most={560} />
              {problems.length ? <Text size="xs">As it was before what is wrong was written.</Text> : null}
            </Box>
          ) : null}
        </Stack>
      </div>
    </Stack>
  );
}

function Restored({ being: { restored, dirty, editing, become } }: { being: BeingEdited }) {
  const now = useNow();
  if (restored === undefined || !dirty) return null;
  return (
    <Alert variant="light" p="xs" icon={<IconHistory size={18} aria-hidden />} title="Your changes are still here">
      <Group gap="sm">
        <Text size="sm">They were not saved, and this browser kept them {duration((now - restored) / 1000)} ago.</Text>
        <Button size="compact-sm" variant="default" onClick={() => become(discarded(editing))}>
          Discard them
        </Button>
      </Group>
    </Alert>
  );
}

function Problems({
  problems,
  behind,
  onGo,
}: {
  problems: readonly Problem[];
  behind: boolean;
  onGo: (place: { line: number; column: number }) => void;
}) {
  const Shape = behind ? IconLoader : problems.length ? IconAlertTriangle : IconCircleCheck;
  const word = problems.length
    ? `${problems.length === 1 ? "One thing is" : `${problems.length} things are`} wrong`
    : "Nothing is wrong with it";
  return (
    <Box>
      <Group gap={6} role="status">
        <Text c={problems.length ? "red" : behind ? "dimmed" : "green"} component="span" lh={0}>
          <Shape size={16} aria-hidden />
        </Text>
        <Text size="sm">{behind && !problems.length ? "Reading" : word}</Text>
      </Group>
      <Stack gap={2} mt={4} mah={180} style={{ overflow: "auto" }}>
        {problems.map((problem) => {
          const { line, column, path } = problem;
          return (
            <UnstyledButton
              key={`${line}:${column}:${path}:${problem.message}`}
              className={classes.problem}
              onClick={() => onGo({ line, column })}
            >
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                <Text span fw={600} size="sm">
                  {line ? `Line ${line}` : "The file"}
                </Text>
                {": "}
                {told(problem)}
              </Text>
            </UnstyledButton>
          );
        })}
      </Stack>
    </Box>
  );
}

const MOST = 300;

/** Images and tags that nodes have, to be proposed. */
function useKnown(): Known {
  const nodes = useTable("node");
  return useMemo(() => {
    const images = new Set<string>();
    const tags = new Set<string>();
    for (const node of nodes.values()) {
      for (const image of named(node.images).named) images.add(image);
      for (const tag of node.tags) tags.add(tag);
    }
    const listed = (all: Set<string>) => [...all].sort().slice(0, MOST);
    return { images: listed(images), tags: listed(tags) };
  }, [nodes]);
}
