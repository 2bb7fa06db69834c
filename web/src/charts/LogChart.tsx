// What one pattern finds in a stage's log, as lines: a plot for each of its groups, the attempts over each other in it.
import { ActionIcon, Group, Progress, Select, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMemo } from "react";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import type { Extracted } from "./extraction.ts";
import { Plot } from "./Plot.tsx";
import { type Over, points } from "./rows.ts";
import classes from "./StageCharts.module.css";
import type { Series } from "./series.ts";
import { type LogSpec, overOf } from "./specs.ts";
import { useLogValues } from "./useLogValues.ts";

interface Props {
  spec: LogSpec;
  stages: readonly string[];
  wake: number;
  onChange: (spec: LogSpec) => void;
  onRemove: () => void;
}

export function LogChart({ spec, stages, wake, onChange, onRemove }: Props) {
  const found = useLogValues(stages, spec.pattern, wake);
  const columns = useMemo(
    () => [...new Set([...found.values()].flatMap((one) => [...one.rows.columns.keys()]))],
    [found],
  );
  const over = overOf(columns, spec.over);
  const several = stages.length > 1;
  const shown = columns.filter((column) => column !== over);
  const own = found.get(stages[0] as string);
  const share = Math.min(...[...found.values()].map((one) => (one.done ? 1 : one.share)));
  return (
    <section className={classes.chart} aria-label={`What ${spec.pattern} finds`}>
      <Group gap="xs" wrap="nowrap">
        <Text ff="monospace" size="xs" truncate flex={1} title={spec.pattern}>
          {spec.pattern}
        </Text>
        <Select
          size="xs"
          w={170}
          aria-label="Drawn over"
          allowDeselect={false}
          data={[
            { value: "time", label: several ? "since it began" : "time" },
            ...columns.map((value) => ({ value, label: value })),
          ]}
          value={over}
          onChange={(value) => onChange({ ...spec, over: value ?? "" })}
        />
        <ActionIcon variant="subtle" color="gray" aria-label="Remove this chart" onClick={onRemove}>
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      </Group>
      {share < 1 ? <Progress size="xs" value={100 * share} aria-label="Looking through the log" /> : null}
      {own?.problem ? <ProblemNote error={own.problem} /> : null}
      {shown.length ? (
        <div className={classes.grid}>
          {shown.map((column) => (
            <Plot
              key={column}
              title={column}
              unit=""
              series={seriesOf(found, column, over)}
              time={over === "time" && !several}
              over={over === "time" ? "seconds since it began" : over}
              {...(over === "time" && !several ? { group: "stage" } : {})}
            />
          ))}
        </div>
      ) : own?.done && !own.problem ? (
        <Text size="sm">Nothing in the log matches.</Text>
      ) : null}
    </section>
  );
}

function seriesOf(found: ReadonlyMap<string, Extracted>, column: string, over: string): Series[] {
  return [...found].map(([stage, { rows }]) => ({
    label: idOf(stage),
    points: points(rows, column, axis(over, found.size > 1, rows.times[0] ?? 0)),
  }));
}

function axis(over: string, several: boolean, began: number): Over {
  if (over !== "time") return { column: over };
  return several ? { since: began } : { time: true };
}
