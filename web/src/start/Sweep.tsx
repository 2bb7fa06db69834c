// A sweep as it goes on: how many of its points are through, each with what it was given and what it found out, and a result drawn
// over a parameter.
import { Anchor, Button, Group, Menu, Progress, Select, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Sweep as SweepRecord } from "../api/winslow/v1/sweep_pb.ts";
import { Plot } from "../charts/Plot.tsx";
import { useResource } from "../live/Live.tsx";
import { Ago } from "../parts/Ago.tsx";
import { Awaited } from "../parts/Awaited.tsx";
import { modals } from "../parts/dialogs.ts";
import { Empty } from "../parts/Empty.tsx";
import { idOf, projectName, sweepName } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useNow } from "../parts/useNow.ts";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { duration } from "../parts/words.ts";
import { useAttempts } from "../project/useAttempts.ts";
import { useProject } from "../project/useProject.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { againOf } from "./again.ts";
import { PointTable } from "./PointTable.tsx";
import { countOf } from "./points.ts";
import { curvesOf, hasFailed, leftSeconds, numericAxes, type PointRow, resultsOf, rowsOfSweep } from "./rows.ts";

const route = getRouteApi("/projects/$project/sweeps/$sweep");

export function Sweep() {
  const { project: id, sweep: sweepId } = route.useParams();
  const { project, gone } = useProject(projectName(id));
  const name = sweepName(id, sweepId);
  const live = useResource("sweep", name);
  const { runs } = useServices();
  const asked = useQuery({
    queryKey: ["sweep", name],
    queryFn: ({ signal }) => runs.getSweep({ name }, { signal }),
    enabled: project !== undefined && !live,
    retry: false,
  });
  const sweep = live ?? asked.data;
  if (gone) return <Empty title="There is no such project">It may have been deleted.</Empty>;
  if (!sweep && asked.error) return <ProblemNote error={asked.error} again={() => void asked.refetch()} />;
  if (!project || !sweep) return <Awaited what="Loading the sweep" />;
  return <Shown project={project} sweep={sweep} />;
}

function Shown({ project, sweep }: { project: Project; sweep: SweepRecord }) {
  const { project: id } = route.useParams();
  const attempts = useAttempts(project);
  const rows = useMemo(
    () => rowsOfSweep(sweep, attempts.runs, attempts.stages),
    [sweep, attempts.runs, attempts.stages],
  );
  // Points that are history come a page at a time; all of them are wanted here.
  const unknown = rows.some(({ made, run }) => made && !attempts.runs.has(run));
  const { more, asking } = attempts;
  useEffect(() => {
    if (unknown && more && !asking) more();
  }, [unknown, more, asking]);
  const varied = sweep.axes.map(({ variable }) => variable).join(", ");
  usePageTitle(`Sweep of ${varied}`, project.displayName);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="start">
        <div>
          <Anchor
            size="sm"
            renderRoot={(props) => <Link {...props} to="/projects/$project" params={{ project: id }} />}
          >
            {project.displayName}
          </Anchor>
          <Title order={2}>
            Sweep of {varied} at {sweep.start}
          </Title>
          <Text size="sm">
            {sweep.axes.map(({ variable, values }) => `${variable}: ${some(values)}`).join("; ")}. {sweep.author},{" "}
            <Ago time={sweep.createTime} />
            {sweep.comment ? `: ${sweep.comment}` : ""}
          </Text>
        </div>
        <Actions sweep={sweep} rows={rows} project={id} />
      </Group>
      <Progressed sweep={sweep} />
      {attempts.error ? <ProblemNote error={attempts.error} again={attempts.again} /> : null}
      <Charted sweep={sweep} rows={rows} />
      <Tabled sweep={sweep} rows={rows} />
    </Stack>
  );
}

const some = (values: readonly string[]) =>
  values.length > 8
    ? `${values.slice(0, 7).join(", ")}, … ${values.at(-1)} (${values.length.toLocaleString()} values)`
    : values.join(", ");

function Progressed({ sweep }: { sweep: SweepRecord }) {
  const now = useNow();
  const count = countOf(sweep.axes);
  const [running, succeeded, failed] = [sweep.runningCount, sweep.succeededCount, sweep.failedCount].map(Number) as [
    number,
    number,
    number,
  ];
  const left = leftSeconds(sweep, now);
  const waiting = count - running - succeeded - failed;
  const said = [
    `${succeeded.toLocaleString()} of ${count.toLocaleString()} succeeded`,
    ...(failed ? [`${failed.toLocaleString()} failed`] : []),
    ...(running ? [`${running.toLocaleString()} under way`] : []),
    ...(waiting ? [`${waiting.toLocaleString()} ${sweep.stopped ? "never made" : "to be made"}`] : []),
  ].join(", ");
  return (
    <div>
      <Progress.Root size="lg" aria-label={said}>
        <Progress.Section value={(100 * succeeded) / count} color="teal" aria-label="Succeeded" />
        <Progress.Section value={(100 * failed) / count} color="red" aria-label="Failed" />
        <Progress.Section value={(100 * running) / count} color="gray" striped animated aria-label="Under way" />
      </Progress.Root>
      <Text size="sm" mt={4} role="status">
        {said}
        {left === undefined ? "" : `; about ${duration(left)} left`}
        {sweep.stopped ? `. ${sweep.stopped.text || "Stopped"}.` : "."}
      </Text>
    </div>
  );
}

function Actions({ sweep, rows, project }: { sweep: SweepRecord; rows: readonly PointRow[]; project: string }) {
  const { runs } = useServices();
  const { act, busy } = useAct();
  const failed = rows.filter(hasFailed);
  const again = againOf(sweep, failed);
  const goesOn = sweep.runningCount > 0n || (!sweep.stopped && sweep.made < BigInt(countOf(sweep.axes)));
  const stop = (abortStages: boolean) =>
    act("Stop the sweep", (requestId) => runs.stopSweep({ requestId, name: sweep.name, abortStages }));
  const surely = () =>
    modals.openConfirmModal({
      title: "Stop the sweep and abort what is under way?",
      children: (
        <Text size="sm">
          {Number(sweep.runningCount).toLocaleString()} points are aborted, and no more are made. What succeeded stays.
        </Text>
      ),
      labels: { confirm: "Stop and abort", cancel: "Cancel" },
      confirmProps: { color: "red" },
      onConfirm: () => void stop(true),
    });
  return (
    <Group gap="xs">
      {again ? (
        <Button
          variant="default"
          size="xs"
          title={
            again.beside
              ? `A sweep is a product: ${again.beside} that did not fail would be done again, too`
              : "Another sweep of these points, to look over before it starts"
          }
          renderRoot={(props) => (
            <Link {...props} to="/projects/$project/start" params={{ project }} search={again.search} />
          )}
        >
          Redo {failed.length === 1 ? "the failed point" : `${failed.length.toLocaleString()} failed points`}
          {again.beside ? ` and ${again.beside.toLocaleString()} others` : ""}
        </Button>
      ) : null}
      {goesOn ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="xs" variant="default" loading={busy}>
              Stop
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => void stop(false)}>Make no more points; those under way go on</Menu.Item>
            <Menu.Item color="red" onClick={surely}>
              Stop and abort what is under way
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
    </Group>
  );
}

function Charted({ sweep, rows }: { sweep: SweepRecord; rows: readonly PointRow[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const results = useMemo(() => resultsOf(rows), [rows]);
  const axes = numericAxes(sweep);
  const result = results.find((name) => name === search.result) ?? results[0];
  const over = axes.find((name) => name === search.over) ?? axes[0];
  const curves = useMemo(() => (result && over ? curvesOf(rows, result, over) : []), [rows, result, over]);
  if (!result || !over || !curves.some(({ points }) => points.length > 1)) return null;
  const go = (change: typeof search) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true });
  return (
    <Stack gap={4}>
      <Group gap="xs">
        <Select
          size="xs"
          aria-label="Result"
          data={results}
          value={result}
          allowDeselect={false}
          searchable
          onChange={(value) => value && go({ result: value })}
        />
        <Text size="sm">over</Text>
        <Select
          size="xs"
          aria-label="Parameter"
          data={axes}
          value={over}
          allowDeselect={false}
          onChange={(value) => value && go({ over: value })}
        />
      </Group>
      <Plot title={`${result} over ${over}`} unit="" series={curves} height={220} />
    </Stack>
  );
}

function Tabled({ sweep, rows }: { sweep: SweepRecord; rows: readonly PointRow[] }) {
  const { project } = route.useParams();
  const { order } = route.useSearch();
  const navigate = route.useNavigate();
  const open = (row: PointRow) => {
    if (!row.stage) return;
    const stage = idOf(row.stage.name);
    void navigate({ to: "/projects/$project/stages/$stage", params: { project, stage } });
  };
  return (
    <PointTable
      sweep={sweep}
      rows={rows}
      order={order}
      onOrder={(next) => void navigate({ search: (now) => ({ ...now, order: next }), replace: true })}
      onOpen={open}
    />
  );
}
