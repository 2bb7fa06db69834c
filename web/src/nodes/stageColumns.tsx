// The columns of lists of stages across projects: whose each is, how it is, since when, what it asks for.
import { Anchor, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { Ago } from "../parts/Ago.tsx";
import { idOf, projectOf } from "../parts/names.ts";
import { StageMark } from "../parts/StateMark.tsx";
import type { Column } from "../parts/VirtualTable.tsx";
import { size } from "../parts/words.ts";
import { asks, waits } from "./waiting.ts";

export type Projects = ReadonlyMap<string, Project>;

export const nameIn =
  (projects: Projects) =>
  (id: string): string =>
    projects.get(`projects/${id}`)?.displayName || id;

export function stageColumn(projects: Projects): Column<Stage> {
  const nameOf = nameIn(projects);
  return {
    key: "stage",
    header: "Stage",
    width: "minmax(9rem, 2fr)",
    cell: (stage) => (
      <>
        <Text size="sm" fw={600} truncate>
          {stage.definition?.name ?? idOf(stage.name)}
          {stage.attempt > 1 ? `, attempt ${stage.attempt}` : ""}
        </Text>
        <Text size="xs" truncate>
          {nameOf(projectOf(stage.name))}, run {Number(idOf(stage.run))}
        </Text>
      </>
    ),
  };
}

export const stateColumn: Column<Stage> = {
  key: "state",
  header: "State",
  width: "minmax(6rem, 1fr)",
  cell: (stage) => (
    <>
      <StageMark state={stage.state} />
      {waits(stage) && stage.reason?.text ? (
        // Where there is no room for a column of its own.
        <Text size="xs" truncate hiddenFrom="sm" title={stage.reason.text}>
          {stage.reason.text}
        </Text>
      ) : null}
    </>
  ),
};

export const sinceColumn: Column<Stage> = {
  key: "since",
  header: "Since",
  width: "110px",
  from: 560,
  cell: (stage) => <Ago time={waits(stage) ? stage.createTime : (stage.startTime ?? stage.placeTime)} />,
};

export const asksColumn: Column<Stage> = {
  key: "asks",
  header: "Asks for",
  width: "minmax(8rem, 1.3fr)",
  from: 760,
  cell: (stage) => (
    <Text size="sm" truncate title={asks(stage, size)}>
      {asks(stage, size)}
    </Text>
  ),
};

export const nodeColumn: Column<Stage> = {
  key: "node",
  header: "Node",
  width: "minmax(5rem, 0.8fr)",
  from: 640,
  cell: ({ node }) =>
    node ? (
      <Anchor
        size="sm"
        tabIndex={-1}
        renderRoot={(props) => <Link to="/nodes/$node" params={{ node: idOf(node) }} {...props} />}
      >
        {idOf(node)}
      </Anchor>
    ) : null,
};
