// The answer at a gate: what is asked for is filled in, everything else of the stage can be changed, too.
import { Accordion, Alert, Button, Kbd, Stack, Text } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowBackUp, IconCheck, IconPlayerPause, IconPlayerSkipForward } from "@tabler/icons-react";
import { useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { type Gate, type Run, RunMode } from "../api/winslow/v1/run_pb.ts";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { modals } from "../parts/dialogs.ts";
import { idOf } from "../parts/names.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { NO_CHANGES, overrideOf, wrongIn } from "../start/draft.ts";
import { FileChoice } from "../start/FileChoice.tsx";
import { type Fault, faultOf } from "../start/faults.ts";
import { LastTime } from "../start/LastTime.tsx";
import { missing, NOTHING_SUBMITTED, presetOf, type Row, rowsOf } from "../start/layers.ts";
import { StageForm } from "../start/StageForm.tsx";
import { useDraft } from "../start/useDraft.ts";
import type { Ground } from "../start/useGround.ts";
import { Variables } from "../start/Variables.tsx";
import { askedOf } from "./fate.ts";

interface Props {
  project: Project;
  run: Run;
  gate: Gate;
  ground: Ground;
  stages: readonly Stage[];
  onSendBack: () => void;
}

const NO_PREFILL = { definition: "", environment: {}, axes: {} };

export function AnswerForm({ project, run, gate, ground, stages, onSendBack }: Props) {
  const { runs } = useServices();
  const { busy, act } = useAct();
  const { definition } = gate;
  const { draft, change, clear } = useDraft(`gate ${run.name} ${definition}`, NO_PREFILL, undefined);
  const [fault, setFault] = useState<Fault>();
  const [tried, setTried] = useState(false);
  const [picking, setPicking] = useState<Row>();
  const defined = ground.spec?.stages.find(({ name }) => name === definition);
  const told = run.overrides[definition];
  const preset =
    defined &&
    presetOf(
      defined,
      ground.presets?.get(definition)?.below ?? { global: {}, pipeline: {} },
      told
        ? {
            environment: told.environment,
            arguments: told.arguments?.values,
            image: told.image,
            resources: told.resources,
          }
        : NOTHING_SUBMITTED,
    );
  const stage = draft.stages[definition] ?? NO_CHANGES;
  const lacking = preset ? missing(rowsOf(preset, stage)) : [];
  const wrong = wrongIn(stage);
  const answer = async (mode: RunMode) => {
    setTried(true);
    setFault(undefined);
    if (!preset || lacking.length || wrong.length || busy) return;
    const override = overrideOf(preset, stage);
    const done = await act(
      `Let ${definition} start`,
      (requestId) =>
        runs.answerGate({
          requestId,
          name: run.name,
          definition,
          mode,
          expectedRevision: run.revision,
          // What was given before is given again: an answer says all that is asked for.
          override: { ...override, environment: { ...askedValues(), ...override?.environment } },
        }),
      undefined,
      (problem) => {
        setFault(faultOf(problem, [{ definition, variables: rows.map(({ name }) => name) }]));
        return true;
      },
    );
    if (done) clear();
  };
  const rows = preset ? rowsOf(preset, stage) : [];
  const askedValues = () =>
    Object.fromEntries(
      rows.filter(({ name }) => gate.missingVariables.includes(name)).map(({ name, value }) => [name, value]),
    );
  useHotkeys([["mod+Enter", () => void answer(RunMode.UNSPECIFIED)]], []);
  const skip = () =>
    modals.openConfirmModal({
      title: `Skip ${definition}?`,
      children: (
        <Text size="sm">
          The run goes on as if {definition} had succeeded without doing anything: what follows is made from what came
          before it.
        </Text>
      ),
      labels: { confirm: "Skip it", cancel: "Cancel" },
      onConfirm: () =>
        void act(`Skip ${definition}`, (requestId) =>
          runs.skipStage({ requestId, name: run.name, definition, expectedRevision: run.revision }),
        ),
    });
  if (!preset) {
    return <Text size="sm">The pipeline has no stage called {definition} any more: start the run anew.</Text>;
  }
  const asks = rows.some(({ asked }) => asked);
  const fields = {
    preset,
    draft: stage,
    onChange: (one: Parameters<typeof change>[1]) => change(definition, one),
    fault,
  };
  return (
    <Stack gap="sm">
      <div>
        <Text size="sm">{askedOf(gate)}</Text>
        {preset.definition.description ? (
          <Text size="sm" mt={4}>
            <b>{definition}</b>: {preset.definition.description}
          </Text>
        ) : null}
      </div>
      {asks ? <Variables {...fields} onlyAsked strict={tried} onPickFile={setPicking} /> : null}
      <LastTime preset={preset} draft={stage} stages={stages} onChange={fields.onChange} />
      <Accordion variant="contained" chevronPosition="left" styles={{ label: { paddingBlock: 6 } }}>
        <Accordion.Item value="all">
          <Accordion.Control>
            <Text size="sm">{asks ? "Everything it starts with" : "What it starts with"}</Text>
          </Accordion.Control>
          <Accordion.Panel>
            <StageForm {...fields} onPickFile={setPicking} />
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
      {fault ? (
        <Alert color="red" variant="light" p="xs" role="alert" title={fault.message}>
          {fault.hint}
        </Alert>
      ) : null}
      {tried && (lacking.length || wrong.length) ? (
        <Text size="sm" c="red" role="alert">
          {[...lacking.map((name) => `${name} needs a value`), ...wrong].join("; ")}.
        </Text>
      ) : null}
      <Stack gap={6}>
        <Button
          leftSection={<IconCheck size={16} aria-hidden />}
          rightSection={<Kbd size="xs">Ctrl Enter</Kbd>}
          loading={busy}
          onClick={() => void answer(RunMode.UNSPECIFIED)}
        >
          {gate.confirmationNeeded ? "Confirm" : "Go on"}
        </Button>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlayerPause size={14} aria-hidden />}
          disabled={busy}
          onClick={() => void answer(RunMode.ONE_STAGE)}
        >
          {gate.confirmationNeeded ? "Confirm" : "Go on"}, then pause after {definition}
        </Button>
        {gate.parent ? (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconArrowBackUp size={14} aria-hidden />}
            onClick={onSendBack}
          >
            Send back: do {ground.again?.definition?.name ?? "it"} again
          </Button>
        ) : null}
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          leftSection={<IconPlayerSkipForward size={14} aria-hidden />}
          disabled={busy}
          onClick={skip}
        >
          Skip {definition}
        </Button>
      </Stack>
      {picking ? (
        <FileChoice
          project={idOf(project.name)}
          parent={gate.parent ? idOf(gate.parent) : ""}
          row={picking}
          onClose={() => setPicking(undefined)}
          onPick={(value) => {
            change(definition, { kind: "variable", name: picking.name, value });
            setPicking(undefined);
          }}
        />
      ) : null}
    </Stack>
  );
}
