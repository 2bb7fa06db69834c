// How much is in a directory, and how much may be: counted when it is asked for, since a large tree takes the node a while.
import { Button, Group, Progress, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useResource } from "../live/Live.tsx";
import { projectName, projectOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { size } from "../parts/words.ts";
import { useServices } from "../rpc/Rpc.tsx";

export function Usage({ path }: { path: string }) {
  const { files } = useServices();
  const project = projectOf(path);
  const limited = Boolean(useResource("project", projectName(project))?.quota);
  const [wanted, setWanted] = useState(false);
  const asked = useQuery({
    queryKey: ["files", "usage", path],
    queryFn: ({ signal }) => files.getFileUsage({ path }, { signal }),
    enabled: wanted,
    staleTime: 60_000,
  });
  if (asked.error) return <ProblemNote error={asked.error} again={() => void asked.refetch()} />;
  return (
    <Group gap="md" mih={28}>
      {asked.data ? (
        <Text size="sm" role="status">
          {size(asked.data.size)} in {asked.data.fileCount.toLocaleString()} files and{" "}
          {asked.data.directoryCount.toLocaleString()} folders
        </Text>
      ) : (
        <Button size="compact-xs" variant="default" loading={asked.isFetching} onClick={() => setWanted(true)}>
          Count what is in here
        </Button>
      )}
      {limited ? <Quota project={project} /> : null}
    </Group>
  );
}

/** All of a project's files count, wherever in it they are. */
function Quota({ project }: { project: string }) {
  const { files } = useServices();
  const path = projectName(project);
  const asked = useQuery({
    queryKey: ["files", "usage", path],
    queryFn: ({ signal }) => files.getFileUsage({ path }, { signal }),
    staleTime: 60_000,
  });
  const quota = Number(useResource("project", path)?.quota ?? 0n);
  if (!asked.data || !quota) return null;
  const part = Math.min(100, (100 * Number(asked.data.size)) / quota);
  return (
    <Group gap="xs" flex={1} miw={240}>
      <Progress
        value={part}
        color={part > 95 ? "red" : part > 80 ? "orange" : "teal"}
        flex={1}
        aria-label={`The project takes ${Math.round(part)} % of its quota`}
      />
      <Text size="sm">
        {size(asked.data.size)} of the project's {size(quota)}
      </Text>
    </Group>
  );
}
