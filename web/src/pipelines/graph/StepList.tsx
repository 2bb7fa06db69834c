// A pipeline as a list, in the author's order: what the drawing says, in words.
import { Box, Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import { StateMark } from "../../parts/StateMark.tsx";
import type { GraphMark } from "../Graph.tsx";
import classes from "./graph.module.css";
import { place, type Step } from "./outline.ts";

interface Props {
  steps: readonly Step[];
  marks?: ReadonlyMap<string, GraphMark> | undefined;
  onPick?: ((definition: string) => void) | undefined;
  selected?: string | undefined;
}

export function StepList({ steps, marks, onPick, selected }: Props) {
  return (
    <Stack component="ol" gap={6} m={0} p={0} style={{ listStyle: "none" }} aria-label="The stages of the pipeline">
      {steps.map((step) => (
        <li key={step.name}>
          {onPick ? (
            <UnstyledButton
              className={classes.listed}
              aria-pressed={selected === step.name}
              onClick={() => onPick(step.name)}
            >
              <Said step={step} mark={marks?.get(step.name)} />
            </UnstyledButton>
          ) : (
            <Box className={classes.listed}>
              <Said step={step} mark={marks?.get(step.name)} />
            </Box>
          )}
        </li>
      ))}
    </Stack>
  );
}

function Said({ step, mark }: { step: Step; mark: GraphMark | undefined }) {
  return (
    <>
      <Group gap="sm">
        <Text size="sm" fw={600}>
          {step.name}
        </Text>
        {mark ? <StateMark mark={mark.mark} /> : null}
        {mark?.note ? <Text size="xs">{mark.note}</Text> : null}
      </Group>
      <Text size="xs" className={classes.whole}>
        {place(step)}
        {" · "}
        {step.image}
        {step.needs.length ? ` · ${step.needs.join(", ")}` : ""}
      </Text>
      {step.gate ? (
        <Group gap={4} wrap="nowrap">
          <IconHandStop size={13} aria-hidden />
          <Text size="xs">Waits for a person: {step.gate}</Text>
        </Group>
      ) : null}
    </>
  );
}
