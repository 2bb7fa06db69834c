// The form itself: what a person changes is a draft over what the project would do anyway, and what it means is said beside it.
import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import { idOf } from "../parts/names.ts";
import { Differences } from "./Differences.tsx";
import { differencesTo } from "./differences.ts";
import { isEmpty, NO_CHANGES, untouched } from "./draft.ts";
import { FileChoice } from "./FileChoice.tsx";
import { Hindered, Later, Refused, Restored } from "./FormParts.tsx";
import { LastTime } from "./LastTime.tsx";
import type { Preset, Row } from "./layers.ts";
import { Outlook } from "./Outlook.tsx";
import { StageForm, StageHead } from "./StageForm.tsx";
import { SweepPanel } from "./SweepPanel.tsx";
import classes from "./start.module.css";
import { type Start, useStartForm } from "./useStartForm.ts";
import { Mode, WhereToStart } from "./WhereToStart.tsx";

export function StartForm(props: Start) {
  const { project, spec, presets, again, redo, stages } = props;
  const form = useStartForm(props);
  const { id, starts, first, parent, go, drafting, stage, sweeping, one, asked, preview, points } = form;
  const { submitting, amiss, hindered, ready, tried, send, fault, later, word } = form;
  const { draft } = drafting;
  const [picking, setPicking] = useState<{ definition: string; row: Row }>();
  useHotkeys([["mod+Enter", () => void send()]], []);
  const fields = (preset: Preset) => (
    <StageForm
      preset={preset}
      draft={draft.stages[preset.definition.name]}
      onChange={(one) => drafting.change(preset.definition.name, one)}
      fault={fault?.definition === preset.definition.name ? fault : undefined}
      sweeps={starts.length === 1 && preset.definition.name === first}
      releases={redo !== ""}
      strict={tried && starts.includes(preset.definition.name)}
      onPickFile={(row) => setPicking({ definition: preset.definition.name, row })}
    />
  );
  return (
    <div className={classes.page}>
      <Stack gap="lg" component="form" aria-label="Start" onSubmit={(event) => event.preventDefault()}>
        {drafting.restored && !isEmpty(draft) ? <Restored onClear={drafting.clear} /> : null}
        {redo ? null : (
          <WhereToStart
            spec={spec}
            starts={starts}
            parent={parent}
            one={one}
            stages={stages}
            chosen={preview.data?.parent ? idOf(preview.data.parent) : "the zeroth workspace"}
            executed={preview.data?.definitions ?? []}
            onStarts={(next) => go({ at: next.join(",") })}
            onParent={(next) => go({ parent: next })}
            onMode={(next) => go({ mode: next ? "one" : "on" })}
          />
        )}
        {starts.map((name) => {
          const preset = presets.get(name);
          if (!preset) return null;
          return (
            <Stack key={name} gap="xs" component="section" aria-label={name}>
              <StageHead preset={preset} note={starts.length > 1 ? "starts at once" : undefined} />
              {redo ? null : (
                <LastTime
                  preset={preset}
                  draft={draft.stages[name] ?? NO_CHANGES}
                  stages={stages}
                  onChange={(one) => drafting.change(name, one)}
                />
              )}
              {fields(preset)}
            </Stack>
          );
        })}
        {redo ? <Mode one={one} onMode={(next) => go({ mode: next ? "one" : "on" })} /> : null}
        {later.length && !sweeping ? (
          <Later names={later} presets={presets} touched={(name) => !untouched(draft.stages[name] ?? NO_CHANGES)}>
            {fields}
          </Later>
        ) : null}
        <Textarea
          size="xs"
          label="Comment"
          placeholder="Why, for those who look at it later"
          autosize
          value={draft.comment}
          onChange={({ currentTarget }) => drafting.put({ comment: currentTarget.value })}
        />
      </Stack>
      <Stack gap="md" className={classes.aside}>
        {again && presets.get(first) ? (
          <Differences to={idOf(again.name)} differences={differencesTo(again, presets.get(first) as Preset, stage)} />
        ) : null}
        {sweeping ? (
          <SweepPanel
            preview={points}
            stopOnFailure={draft.stopOnFailure}
            onStopOnFailure={(stopOnFailure) => drafting.put({ stopOnFailure })}
          />
        ) : null}
        <Outlook project={project} asked={asked} />
        {hindered ? <Hindered why={hindered} /> : null}
        {submitting.fault ? <Refused {...submitting.fault} /> : null}
        {tried && amiss.length ? (
          <Text size="sm" c="red" role="alert">
            {amiss.join("; ")}.
          </Text>
        ) : null}
        <Group gap="xs">
          <Button
            leftSection={<IconPlayerPlay size={16} aria-hidden />}
            onClick={() => void send()}
            loading={submitting.busy}
            disabled={!ready}
          >
            {word}
          </Button>
          <Text size="xs" c="dimmed">
            Ctrl + Enter
          </Text>
        </Group>
      </Stack>
      {picking ? (
        <FileChoice
          project={id}
          parent={preview.data?.parent ? idOf(preview.data.parent) : ""}
          row={picking.row}
          onClose={() => setPicking(undefined)}
          onPick={(value) => {
            drafting.change(picking.definition, { kind: "variable", name: picking.row.name, value });
            setPicking(undefined);
          }}
        />
      ) : null}
    </div>
  );
}
