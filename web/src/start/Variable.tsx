// One variable: what it will be, the layer that comes from and what lies beneath it, a way back, and other ways to fill it in.
import { ActionIcon, Badge, Group, Popover, Text, Textarea, TextInput, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowBackUp, IconFolderSearch, IconListNumbers, IconStackBackward, IconX } from "@tabler/icons-react";
import { useRef } from "react";
import { Layer } from "../api/winslow/v1/stage_pb.ts";
import type { Change } from "./draft.ts";
import type { Fault } from "./faults.ts";
import { LAYER_WORDS, type Row } from "./layers.ts";
import { looksLikePath } from "./pools.ts";
import classes from "./start.module.css";

export const fieldId = (definition: string, name: string) => `variable-${definition}-${name}`;

interface VariableProps {
  onChange: (change: Change) => void;
  sweeps?: boolean | undefined;
  strict?: boolean | undefined;
  releases?: boolean | undefined;
  onPickFile?: ((row: Row) => void) | undefined;
  definition: string;
  row: Row;
  expression: string | undefined;
  fault: Fault | undefined;
}

export function Variable(props: VariableProps) {
  const { definition, row, expression, fault, onChange, sweeps, strict, releases, onPickFile } = props;
  const { name, value } = row;
  const id = fieldId(definition, name);
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const swept = expression !== undefined;
  const touched = row.changed || swept;
  const undo = () => {
    onChange({ kind: "undo-variable", name });
    field.current?.focus();
  };
  const error = fault ? fault.message : strict && row.asked && !value && !swept ? "It needs a value" : undefined;
  const Field = value.includes("\n") ? Textarea : TextInput;
  return (
    <div className={classes.variable} data-changed={touched || undefined}>
      <Text component="label" htmlFor={id} size="sm" ff="monospace" className={classes.name}>
        {name}
        {row.asked ? <span aria-hidden> *</span> : null}
      </Text>
      <Field
        id={id}
        ref={field}
        size="xs"
        ff="monospace"
        value={expression ?? value}
        error={error}
        required={row.asked}
        withAsterisk={false}
        placeholder={swept ? "10,25 or 0.1..0.5/0.1" : row.asked ? "Asked of you" : "empty"}
        description={swept ? "Values with commas between them, or first..last/step" : undefined}
        inputWrapperOrder={["label", "input", "description", "error"]}
        {...(Field === Textarea ? { autosize: true, maxRows: 8 } : {})}
        onChange={({ currentTarget }) =>
          swept
            ? onChange({ kind: "several", name, expression: currentTarget.value })
            : currentTarget.value === row.given.at(-1)?.value // the same as it would be anyway
              ? onChange({ kind: "undo-variable", name })
              : onChange({ kind: "variable", name, value: currentTarget.value })
        }
      />
      <Origin row={row} swept={swept} />
      <Group gap={2} wrap="nowrap" className={classes.tools}>
        {touched ? (
          <Tooltip label={undoWords(row)}>
            <ActionIcon variant="subtle" size="sm" aria-label={`Undo ${name}`} onClick={undo}>
              {row.given.length || row.asked ? <IconArrowBackUp size={16} /> : <IconX size={16} />}
            </ActionIcon>
          </Tooltip>
        ) : null}
        {releases && !touched && row.layer === Layer.SUBMISSION ? (
          <Tooltip label={releaseWords(row)}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={`Let go of what was submitted for ${name}`}
              onClick={() => {
                onChange({ kind: "release", name });
                field.current?.focus();
              }}
            >
              <IconStackBackward size={16} />
            </ActionIcon>
          </Tooltip>
        ) : null}
        {sweeps && !swept ? (
          <Tooltip label="Try several values">
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={`Try several values of ${name}`}
              onClick={() => {
                onChange({ kind: "several", name, expression: value });
                field.current?.focus();
              }}
            >
              <IconListNumbers size={16} />
            </ActionIcon>
          </Tooltip>
        ) : null}
        {onPickFile && !swept && (looksLikePath(name, value) || row.asked) ? (
          <Tooltip label="Pick a file">
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={`Pick a file for ${name}`}
              onClick={() => onPickFile(row)}
            >
              <IconFolderSearch size={16} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </Group>
    </div>
  );
}

function undoWords({ given, asked }: Row): string {
  const last = given.at(-1);
  if (!last) return asked ? "Empty it again" : "Remove it";
  return `Back to “${short(last.value)}” (${LAYER_WORDS[last.layer]})`;
}

function releaseWords({ given, asked }: Row): string {
  const beneath = given.at(-2);
  if (!beneath) return asked ? "Empty it: it is asked of you again" : "Leave it out: it was only submitted";
  return `Back to “${short(beneath.value)}” (${LAYER_WORDS[beneath.layer]})`;
}

const short = (value: string) => (value.length > 40 ? `${value.slice(0, 39)}…` : value);

/** Which layer the value comes from, and what lies beneath it. */
function Origin({ row, swept }: { row: Row; swept: boolean }) {
  const [open, { open: show, close }] = useDisclosure();
  const word = swept ? "sweep" : row.changed && !row.released ? "changed here" : LAYER_WORDS[row.layer];
  const beneath = row.released ? row.given.slice(0, -2) : row.changed || swept ? row.given : row.given.slice(0, -1);
  const nothing = row.layer === Layer.UNSPECIFIED && !swept;
  const badge = (
    <Badge variant={row.changed || swept ? "light" : "default"} size="sm" tt="none" fw={500} className={classes.layer}>
      {nothing ? "not set" : word}
    </Badge>
  );
  if (beneath.length === 0) return badge;
  return (
    <Popover opened={open} position="bottom-start" shadow="sm" withinPortal>
      <Popover.Target>
        <button
          type="button"
          className={classes.origin}
          aria-label={`${row.name} comes from: ${word}. Over ${beneath.map(said).join(", ")}`}
          onMouseEnter={show}
          onMouseLeave={close}
          onFocus={show}
          onBlur={close}
        >
          {badge}
        </button>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        {[...beneath].reverse().map((one) => (
          <Text size="xs" key={one.layer}>
            over {said(one)}
          </Text>
        ))}
      </Popover.Dropdown>
    </Popover>
  );
}

const said = ({ layer, value }: { layer: Layer; value: string }) => `“${short(value)}” (${LAYER_WORDS[layer]})`;
