// Where a run waits for a person: what is asked, what came before it to be looked at, and the answer. When somebody else has answered
// meanwhile, or nobody is asked any more, that is said instead.
import { Anchor, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import { Inspection, tabOf } from "../compare/Inspection.tsx";
import { StagePicker } from "../compare/StagePicker.tsx";
import { FileList } from "../files/FileList.tsx";
import { Ago } from "../parts/Ago.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf, projectName, runName, stageName } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { useAttempts } from "../project/useAttempts.ts";
import { useProject } from "../project/useProject.ts";
import { attemptBefore } from "../stage/results.ts";
import { useGround, useRun } from "../start/useGround.ts";
import { AnswerForm } from "./AnswerForm.tsx";
import { BecameOfIt } from "./BecameOfIt.tsx";
import { type Fate, fateOf } from "./fate.ts";
import classes from "./gate.module.css";
import { lookedAt } from "./looking.ts";
import { SendBack } from "./SendBack.tsx";

const route = getRouteApi("/projects/$project/runs/$run/gates/$definition");

export function Gate() {
  const { project: id, run: runId } = route.useParams();
  const { project, gone } = useProject(projectName(id));
  const { run, error } = useRun(runName(id, runId), project !== undefined);
  if (gone) return <Empty title="There is no such project">It may have been deleted.</Empty>;
  if (error) return <ProblemNote error={error} />;
  if (!project || !run) return <Skeleton height={320} aria-label="Loading" />;
  return <OfRun project={project} run={run} />;
}

function OfRun({ project, run }: { project: Project; run: Run }) {
  const { project: id, definition } = route.useParams();
  const fate = fateOf(run, definition);
  usePageTitle(fate.kind === "open" ? `${definition} waits for you` : definition, project.displayName);
  return (
    <Stack gap="md">
      <Head project={project} run={run} definition={definition} fate={fate} />
      <div className={classes.page}>
        <aside className={classes.answer} aria-label="Answer">
          {fate.kind === "open" ? (
            <Answering project={project} run={run} fate={fate} />
          ) : (
            <BecameOfIt fate={fate} definition={definition} project={id} run={run} />
          )}
        </aside>
        <Before project={project} run={run} fate={fate} />
      </div>
    </Stack>
  );
}

function Head({ project, run, definition, fate }: { project: Project; run: Run; definition: string; fate: Fate }) {
  return (
    <div>
      <Anchor
        size="sm"
        renderRoot={(props) => (
          <Link
            {...props}
            to="/projects/$project"
            params={{ project: idOf(project.name) }}
            search={{ run: idOf(run.name) }}
          />
        )}
      >
        {project.displayName}, run {String(run.number)}
      </Anchor>
      <Group gap="sm" align="baseline">
        <Title order={2}>{fate.kind === "open" ? `${definition} waits for you` : definition}</Title>
        {fate.kind === "open" ? (
          <Text size="sm">
            since <Ago time={fate.gate.since} />
          </Text>
        ) : null}
      </Group>
    </div>
  );
}

function Answering({ project, run, fate }: { project: Project; run: Run; fate: Fate & { kind: "open" } }) {
  const ground = useGround(project.name, fate.gate.parent);
  const { stages } = useAttempts(project);
  const all = useMemo(() => [...stages.values()], [stages]);
  const { back } = route.useSearch();
  const navigate = route.useNavigate();
  if (ground.error) return <ProblemNote error={ground.error} />;
  if (!ground.presets) return <Skeleton height={180} aria-label="Loading the form" />;
  const sending = back !== undefined && fate.gate.parent !== "";
  const send = (open: boolean) =>
    void navigate({ search: ({ back: _, ...rest }) => (open ? { ...rest, back: "yes" } : rest), replace: true });
  return (
    <Stack gap="md">
      <AnswerForm {...{ project, run, gate: fate.gate, ground }} stages={all} onSendBack={() => send(true)} />
      {sending && ground.again ? (
        <SendBack {...{ project, run, ground, again: ground.again }} onClose={() => send(false)} />
      ) : null}
    </Stack>
  );
}

/** The stage that came before, beside another attempt at it. */
function Before({ project, run, fate }: { project: Project; run: Run; fate: Fate }) {
  const { project: id, definition } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { stages, ready } = useAttempts(project);
  const go = (change: typeof search) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true });
  const after = lookedAt(fate, run, definition, stages);
  const its = stages.get(after);
  const found = its && attemptBefore(its, stages.values());
  const others = useMemo(() => [...stages.values()].filter(({ name }) => name !== after), [stages, after]);
  const chosen = search.with ?? (found ? idOf(found.name) : "");
  if (after === "") {
    return (
      <section aria-label="What it begins with">
        <Title order={3} size="h5" mb="xs">
          What it begins with: the zeroth workspace
        </Title>
        <FileList path={`${project.name}/workspace`} />
      </section>
    );
  }
  if (!its && !ready) return <Skeleton height={320} aria-label="Loading what came before" />;
  return (
    <section aria-label="What came before" className={classes.before}>
      <Group justify="space-between" align="end" mb="xs" gap="sm">
        <div>
          <Title order={3} size="h5">
            What came before:{" "}
            <Anchor
              inherit
              underline="always"
              renderRoot={(props) => (
                <Link {...props} to="/projects/$project/stages/$stage" params={{ project: id, stage: idOf(after) }} />
              )}
            >
              {idOf(after)}
            </Anchor>
          </Title>
          {its?.definition?.description ? <Text size="sm">{its.definition.description}</Text> : null}
        </div>
        <StagePicker
          label="Beside"
          stages={others}
          definition={its?.definition?.name}
          value={chosen === NOTHING ? "" : chosen}
          none="Nothing"
          onPick={(stage) => go({ with: stage || NOTHING })}
        />
      </Group>
      <Inspection
        after={after}
        before={chosen && chosen !== NOTHING ? stageName(id, chosen) : ""}
        tab={tabOf(search.tab)}
        onTab={(tab) => go({ tab })}
        file={search.file}
        onFile={(file) => go({ file })}
      />
    </section>
  );
}

/** In addresses, that it is looked at alone; no stage can be called so. */
const NOTHING = "nothing";
