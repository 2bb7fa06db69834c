// Who took how much, the most first.
import { Anchor, Progress, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { GetStatisticsResponse_Share } from "../api/winslow/v1/statistics_service_pb.ts";
import { useTable } from "../live/Live.tsx";
import { Empty } from "../parts/Empty.tsx";
import { idOf } from "../parts/names.ts";
import { type Column, VirtualTable } from "../parts/VirtualTable.tsx";
import { duration } from "../parts/words.ts";
import { secondsOf } from "./figures.ts";

export function Shares({ shares }: { shares: readonly GetStatisticsResponse_Share[] }) {
  const most = Math.max(...shares.map((share) => secondsOf(share.computing)), 1);
  const columns: Column<GetStatisticsResponse_Share>[] = [
    { key: "name", header: "Name", width: "minmax(8rem, 2fr)", cell: (share) => <Name name={share.name} /> },
    { key: "computing", header: "Computing", width: "7rem", cell: (share) => <Length of={share.computing} /> },
    {
      key: "bar",
      header: "",
      width: "minmax(4rem, 2fr)",
      from: 560,
      cell: (share) => <Progress value={(100 * secondsOf(share.computing)) / most} aria-hidden />,
    },
    { key: "gpu", header: "GPUs", width: "7rem", from: 480, cell: (share) => <Length of={share.gpuComputing} /> },
    {
      key: "stages",
      header: "Stages",
      width: "5rem",
      cell: (share) => <Text size="sm">{share.stages.toLocaleString()}</Text>,
    },
  ];
  if (shares.length === 0) return <Empty title="Nobody took anything in this time" />;
  return (
    <VirtualTable
      label="Hours of computing"
      items={shares}
      columns={columns}
      keyOf={(share) => share.name}
      rowHeight={34}
      height="360px"
    />
  );
}

function Length({ of }: { of: GetStatisticsResponse_Share["computing"] }) {
  return <Text size="sm">{duration(secondsOf(of))}</Text>;
}

function Name({ name }: { name: string }) {
  const project = useTable("project").get(name);
  if (project) {
    return (
      <Anchor
        size="sm"
        truncate
        renderRoot={(props) => <Link to="/projects/$project" params={{ project: idOf(name) }} {...props} />}
      >
        {project.displayName}
      </Anchor>
    );
  }
  if (name.startsWith("nodes/")) {
    return (
      <Anchor
        size="sm"
        truncate
        renderRoot={(props) => <Link to="/nodes/$node" params={{ node: idOf(name) }} {...props} />}
      >
        {idOf(name)}
      </Anchor>
    );
  }
  return (
    <Text size="sm" truncate title={name}>
      {name ? idOf(name) : "on no node"}
    </Text>
  );
}
