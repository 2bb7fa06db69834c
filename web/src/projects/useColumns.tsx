// The columns of the list, the same objects as long as the order is: rows are drawn anew with them.
import { VisuallyHidden } from "@mantine/core";
import { type ReactNode, useMemo } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Column } from "../parts/VirtualTable.tsx";
import {
  AuthorCell,
  Card,
  ChangeCell,
  CoverCell,
  NameCell,
  PipelineCell,
  ProgressCell,
  StateCell,
  WaitsCell,
} from "./cells.tsx";
import type { Order } from "./criteria.ts";
import type { Row } from "./grouping.ts";

interface Asked {
  order: Order;
  down: boolean;
  narrow: boolean;
  /** These two the same functions each time. */
  onOrder: (order: Order) => void;
  onTag: (tag: string) => void;
}

export function useColumns({ order, down, narrow, onOrder, onTag }: Asked): Column<Row>[] {
  return useMemo(() => {
    const sort = (by: Order) => ({
      direction: by === order ? (down ? ("descending" as const) : ("ascending" as const)) : undefined,
      toggle: () => onOrder(by),
    });
    const of = (draw: (project: Project) => ReactNode) => (row: Row) =>
      row.kind === "project" ? draw(row.project) : null;
    if (narrow) {
      return [
        {
          key: "card",
          header: "Project",
          width: "minmax(0, 1fr)",
          cell: of((project) => <Card project={project} onTag={onTag} />),
        },
      ];
    }
    return [
      {
        key: "cover",
        header: <VisuallyHidden>Picture</VisuallyHidden>,
        width: "56px",
        cell: of((project) => <CoverCell project={project} />),
      },
      {
        key: "name",
        header: "Project",
        width: "minmax(14rem, 3fr)",
        sort: sort("name"),
        cell: of((project) => <NameCell project={project} onTag={onTag} />),
      },
      {
        key: "state",
        header: "State",
        width: "124px",
        sort: sort("state"),
        cell: of((project) => <StateCell project={project} />),
      },
      {
        key: "progress",
        header: "Progress",
        width: "124px",
        sort: sort("progress"),
        cell: of((project) => <ProgressCell project={project} />),
      },
      {
        key: "waits",
        header: "Who waits",
        width: "minmax(10rem, 1.7fr)",
        from: 780,
        cell: of((project) => <WaitsCell project={project} />),
      },
      {
        key: "pipeline",
        header: "Pipeline",
        width: "minmax(6rem, 1fr)",
        from: 940,
        sort: sort("pipeline"),
        cell: of((project) => <PipelineCell project={project} />),
      },
      {
        key: "author",
        header: "Author",
        width: "minmax(5rem, 0.7fr)",
        from: 1080,
        sort: sort("author"),
        cell: of((project) => <AuthorCell project={project} />),
      },
      {
        key: "change",
        header: "Last change",
        width: "120px",
        from: 640,
        sort: sort("change"),
        cell: of((project) => <ChangeCell project={project} />),
      },
    ];
  }, [order, down, narrow, onOrder, onTag]);
}
