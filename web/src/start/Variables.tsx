// The variables of a stage, as a form: what each will be, the layer that comes from, and a way back.
import { Text } from "@mantine/core";
import { Layer } from "../api/winslow/v1/stage_pb.ts";
import type { Change, StageDraft } from "./draft.ts";
import type { Fault } from "./faults.ts";
import { type Preset, type Row, rowsOf } from "./layers.ts";
import { NewVariable } from "./NewVariable.tsx";
import classes from "./start.module.css";
import { Variable } from "./Variable.tsx";

export interface VariablesProps {
  preset: Preset;
  draft: StageDraft;
  onChange: (change: Change) => void;
  fault?: Fault | undefined;
  /** Variables may take several values. */
  sweeps?: boolean | undefined;
  /** Those that have no value and must have one are marked. */
  strict?: boolean | undefined;
  /** Only the variables that people are asked for. */
  onlyAsked?: boolean | undefined;
  /** What was submitted for an attempt may be let go of. */
  releases?: boolean | undefined;
  /** Picks a file for a variable; undefined where none can be picked. */
  onPickFile?: ((row: Row) => void) | undefined;
}

export function Variables({
  preset,
  draft,
  onChange,
  fault,
  sweeps,
  strict,
  onlyAsked,
  releases,
  onPickFile,
}: VariablesProps) {
  const rows = rowsOf(preset, draft).concat(sweptOnly(preset, draft));
  const shown = onlyAsked ? rows.filter(({ asked }) => asked) : rows;
  return (
    <fieldset className={classes.variables} aria-label={`Variables of ${preset.definition.name}`}>
      {shown.map((row) => (
        <Variable
          key={row.name}
          definition={preset.definition.name}
          row={row}
          expression={draft.axes[row.name]}
          fault={fault?.field === "variable" && fault.name === row.name ? fault : undefined}
          {...{ onChange, sweeps, strict, releases, onPickFile }}
        />
      ))}
      {shown.length === 0 ? (
        <Text size="sm" c="dimmed">
          No variable is set for this stage.
        </Text>
      ) : null}
      {onlyAsked ? null : (
        <NewVariable definition={preset.definition.name} taken={rows.map(({ name }) => name)} onAdd={onChange} />
      )}
    </fieldset>
  );
}

/** A variable that is swept and set nowhere else is shown, too. */
function sweptOnly(preset: Preset, draft: StageDraft): Row[] {
  const known = new Set(rowsOf(preset, draft).map(({ name }) => name));
  return Object.keys(draft.axes)
    .filter((name) => !known.has(name))
    .map((name) => ({
      name,
      value: "",
      layer: Layer.SUBMISSION,
      given: [],
      changed: true,
      released: false,
      asked: false,
    }));
}
