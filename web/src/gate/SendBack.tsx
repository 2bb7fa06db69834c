// Sending a stage back: it is done again with something changed, and the run that waits is superseded. What that means is said
// before it is done.
import { Alert, Anchor, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { idOf } from "../parts/names.ts";
import { Differences } from "../start/Differences.tsx";
import { differencesTo } from "../start/differences.ts";
import { NO_CHANGES } from "../start/draft.ts";
import { type Asked, Outlook } from "../start/Outlook.tsx";
import { useDraft } from "../start/useDraft.ts";
import type { Ground } from "../start/useGround.ts";
import { useSubmit } from "../start/useSubmit.ts";
import { Variables } from "../start/Variables.tsx";

interface Props {
  project: Project;
  run: Run;
  ground: Ground;
  /** The stage that came before. */
  again: Stage;
  onClose: () => void;
}

const NO_PREFILL = { definition: "", environment: {}, axes: {} };

export function SendBack({ project, run, ground, again, onClose }: Props) {
  const id = idOf(project.name);
  const name = again.definition?.name ?? "";
  const preset = ground.presets?.get(name);
  // The same draft as that of the start form: what was begun here can be gone on with there.
  const { draft, change, clear } = useDraft(`${id} ${again.name}`, NO_PREFILL, undefined);
  const submitting = useSubmit();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.querySelector<HTMLElement>("input, textarea")?.focus(), []);
  const asked: Asked = useMemo(
    () => ({ starts: [name], parent: undefined, redo: again.name, one: false }),
    [name, again],
  );
  if (!preset || !ground.presets) {
    return <Text size="sm">The pipeline has no stage called {name} any more, so it cannot be done again.</Text>;
  }
  const { presets } = ground;
  const stage = draft.stages[name] ?? NO_CHANGES;
  const send = async () => {
    const sent = await submitting.send({
      project: project.name,
      revision: ground.revision,
      asked,
      draft,
      presets,
      redoParent: again.parent ?? "",
      count: undefined,
    });
    if (sent) clear();
  };
  return (
    <Paper withBorder p="sm" ref={place} role="region" aria-label={`Send ${name} back`}>
      <Stack gap="sm">
        <Title order={3} size="h5">
          Send back: {name} is done again
        </Title>
        <Text size="sm">
          Beside {idOf(again.name)}, which stays as it is. Run {String(run.number)} goes no further; the new run asks
          again when {name} is through.
        </Text>
        <Variables
          preset={preset}
          draft={stage}
          onChange={(one) => change(name, one)}
          fault={submitting.fault?.definition === name ? submitting.fault : undefined}
        />
        <Differences to={idOf(again.name)} differences={differencesTo(again, preset, stage)} />
        <Outlook project={project} asked={asked} />
        {submitting.fault ? (
          <Alert color="red" variant="light" p="xs" role="alert" title={submitting.fault.message}>
            {submitting.fault.hint}
          </Alert>
        ) : null}
        <Group gap="xs">
          <Button
            size="xs"
            leftSection={<IconArrowBackUp size={14} aria-hidden />}
            loading={submitting.busy}
            onClick={() => void send()}
          >
            Do {name} again
          </Button>
          <Button size="xs" variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Anchor
            size="sm"
            renderRoot={(props) => (
              <Link
                {...props}
                to="/projects/$project/start"
                params={{ project: id }}
                search={{ redo: idOf(again.name) }}
              />
            )}
          >
            More that can be changed
          </Anchor>
        </Group>
      </Stack>
    </Paper>
  );
}
