// What a policy would let go now, before anybody saves it.
import { Alert, Anchor, Stack, Table, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTable } from "../live/Live.tsx";
import { idOf, projectName, projectOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { size } from "../parts/words.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { type Draft, policyOf } from "./retention.ts";

const SHOWN = 50;

export function WouldGo({ draft, onSeen }: { draft: Draft; onSeen: (draft: Draft) => void }) {
  const { settings } = useServices();
  const projects = useTable("project");
  const { data, error, isPlaceholderData, refetch } = useQuery({
    queryKey: ["settings", "retention", "preview", draft],
    queryFn: () =>
      settings.previewRetention({
        retentionPolicy: { name: "retentionPolicy", ...policyOf(draft) },
        pageSize: SHOWN,
      }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const here = data !== undefined && !isPlaceholderData;
  useEffect(() => {
    if (here) onSeen(draft);
  }, [here, draft, onSeen]);
  if (error) return <ProblemNote error={error} again={() => void refetch()} />;
  if (!data) return <Text c="dimmed">Looking up what would go…</Text>;
  if (data.candidates.length === 0) {
    return (
      <Alert color="teal" variant="light" title="Nothing would go now" role="status">
        <Text size="sm">What such a policy lets go later goes by itself.</Text>
      </Alert>
    );
  }
  const more = data.nextPageToken ? `More than ${data.candidates.length}` : String(data.candidates.length);
  return (
    <Stack gap="xs" opacity={isPlaceholderData ? 0.6 : 1} aria-busy={isPlaceholderData}>
      <Alert color="orange" variant="light" role="status" title={`${more} workspaces would go at once`}>
        <Text size="sm">{size(data.totalSize)} become free. They cannot be brought back; a redo makes them again.</Text>
      </Alert>
      <Table.ScrollContainer minWidth={480} maxHeight={320}>
        <Table verticalSpacing={4} stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Project</Table.Th>
              <Table.Th>Stage</Table.Th>
              <Table.Th>Why</Table.Th>
              <Table.Th ta="right">Frees</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.candidates.map(({ stage, reason, size: frees }) => {
              const project = projectOf(stage);
              return (
                <Table.Tr key={stage}>
                  <Table.Td>{projects.get(projectName(project))?.displayName ?? project}</Table.Td>
                  <Table.Td>
                    <Anchor
                      size="sm"
                      renderRoot={(props) => (
                        <Link
                          to="/projects/$project/stages/$stage"
                          params={{ project, stage: idOf(stage) }}
                          {...props}
                        />
                      )}
                    >
                      {idOf(stage)}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>{reason}</Table.Td>
                  <Table.Td ta="right">{size(frees)}</Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}
