// The runs of a project, newest first, its sweeps, and of the one that is looked at what was said about it.
import { Anchor, Box, Group, Stack, Switch, Table, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Run } from "../api/winslow/v1/run_pb.ts";
import type { Sweep } from "../api/winslow/v1/sweep_pb.ts";
import { useTable } from "../live/Live.tsx";
import { Ago } from "../parts/Ago.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf } from "../parts/names.ts";
import { RunMark } from "../parts/StateMark.tsx";
import { type Column, VirtualTable } from "../parts/VirtualTable.tsx";
import { RunPanel } from "./RunPanel.tsx";
import type { Attempts } from "./useAttempts.ts";

interface Props {
  project: Project;
  attempts: Attempts;
  /** The id of the run that is looked at. */
  run: string | undefined;
  show: (run: string | undefined) => void;
}

export function Runs({ project, attempts, run, show }: Props) {
  const [points, setPoints] = useState(false);
  const runs = useMemo(
    () => [...attempts.runs.values()].sort((one, other) => Number(other.number - one.number)),
    [attempts.runs],
  );
  const listed = useMemo(() => runs.filter(({ sweep }) => points || !sweep), [runs, points]);
  const sweeps = useMemo(
    () => [...attempts.sweeps.values()].sort((one, other) => Number(other.firstNumber - one.firstNumber)),
    [attempts.sweeps],
  );
  const comments = useTable("comment");
  const said = useMemo(() => counted(comments.keys()), [comments]);
  if (runs.length === 0) {
    return <Empty title="It has never run">Start it, and each walk of its pipeline is listed here.</Empty>;
  }
  const looked = runs.find(({ name }) => idOf(name) === run);
  return (
    <Stack gap="md">
      {sweeps.length ? <Sweeps sweeps={sweeps} project={project} /> : null}
      {sweeps.length ? (
        <Switch
          label="List the points of sweeps, too"
          checked={points}
          onChange={(event) => setPoints(event.currentTarget.checked)}
        />
      ) : null}
      <Group align="flex-start" gap="md">
        <Box flex="3 1 420px" miw={0}>
          <VirtualTable
            label="Runs"
            items={listed}
            columns={columnsWith(said)}
            keyOf={({ name }) => name}
            onOpen={(one) => show(idOf(one.name) === run ? undefined : idOf(one.name))}
            height="calc(100dvh - 360px)"
          />
        </Box>
        {looked ? (
          <Box flex="2 1 320px" miw={0}>
            <RunPanel key={looked.name} run={looked} attempts={attempts} close={() => show(undefined)} />
          </Box>
        ) : null}
      </Group>
    </Stack>
  );
}

const columnsWith = (said: ReadonlyMap<string, number>): Column<Run>[] => [
  { key: "number", header: "Run", width: "56px", cell: ({ number }) => <Text size="sm">{String(number)}</Text> },
  { key: "state", header: "State", width: "150px", cell: ({ state }) => <RunMark state={state} /> },
  {
    key: "what",
    header: "Began with",
    width: "minmax(120px, 2fr)",
    cell: (run) => (
      <Text size="sm" truncate title={run.comment}>
        {run.start.join(", ")}
        {run.comment ? ` · ${run.comment}` : ""}
      </Text>
    ),
  },
  {
    key: "author",
    header: "Author",
    width: "minmax(70px, 1fr)",
    from: 560,
    cell: ({ author }) => (
      <Text size="sm" truncate>
        {author}
      </Text>
    ),
  },
  { key: "when", header: "Began", width: "120px", from: 480, cell: ({ createTime }) => <Ago time={createTime} /> },
  {
    key: "said",
    header: "Comments",
    width: "90px",
    from: 640,
    cell: ({ name }) => <Text size="sm">{said.get(name) ?? ""}</Text>,
  },
];

/** Comments by their run's name. */
function counted(names: Iterable<string>): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of names) {
    const run = name.slice(0, name.indexOf("/comments/"));
    found.set(run, (found.get(run) ?? 0) + 1);
  }
  return found;
}

function Sweeps({ sweeps, project }: { sweeps: readonly Sweep[]; project: Project }) {
  return (
    <div>
      <Title order={3} size="h5" mb={4}>
        Sweeps
      </Title>
      <Table.ScrollContainer minWidth={520}>
        <Table verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Sweep</Table.Th>
              <Table.Th>Over</Table.Th>
              <Table.Th>Points</Table.Th>
              <Table.Th>Author</Table.Th>
              <Table.Th>Began</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sweeps.map((sweep) => (
              <SweepRow key={sweep.name} sweep={sweep} project={idOf(project.name)} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </div>
  );
}

function SweepRow({ sweep, project }: { sweep: Sweep; project: string }) {
  const counts = [
    [sweep.runningCount, "running"],
    [sweep.succeededCount, "succeeded"],
    [sweep.failedCount, "failed"],
  ] as const;
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor
          size="sm"
          renderRoot={(props) => (
            <Link {...props} to="/projects/$project/sweeps/$sweep" params={{ project, sweep: idOf(sweep.name) }} />
          )}
        >
          {sweep.comment || `${sweep.start}, ${idOf(sweep.name)}`}
        </Anchor>
      </Table.Td>
      <Table.Td>{sweep.axes.map(({ variable, values }) => `${variable} × ${values.length}`).join(", ")}</Table.Td>
      <Table.Td>
        {String(sweep.count)}
        {": "}
        {counts
          .filter(([count]) => count > 0n)
          .map(([count, word]) => `${count} ${word}`)
          .join(", ")}
        {sweep.stopped ? `; stopped: ${sweep.stopped.text}` : ""}
      </Table.Td>
      <Table.Td>{sweep.author}</Table.Td>
      <Table.Td>
        <Ago time={sweep.createTime} />
      </Table.Td>
    </Table.Tr>
  );
}
