// What a sweep would try: how many points, and which, written out by the server before anything starts.
import { Checkbox, Skeleton, Stack, Table, Text, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { PreviewSweepResponse } from "../api/winslow/v1/run_service_pb.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { problemOf } from "../rpc/problem.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { axesOf, type StageDraft } from "./draft.ts";
import { forPages } from "./faults.ts";
import { someOf } from "./points.ts";

const SHOWN = 9;

/** The points of the draft's axes; nothing is asked while an axis has no values. */
export function useSweepPreview(project: string, start: string, draft: StageDraft) {
  const { runs } = useServices();
  const [axes] = useDebouncedValue(draft.axes, 200);
  const ready = Object.keys(axes).length > 0 && Object.values(axes).every((expression) => expression.trim());
  const asked = useQuery({
    queryKey: ["preview-sweep", project, start, axes],
    queryFn: ({ signal }) => runs.previewSweep({ project, start, axes: axesOf({ ...draft, axes }) }, { signal }),
    enabled: ready,
    placeholderData: keepPreviousData,
    retry: (count, error) => count < 4 && problemOf(error).retryable,
  });
  const settled = axes === draft.axes && !asked.isPlaceholderData;
  return { ...asked, settled };
}

interface Props {
  preview: { data: PreviewSweepResponse | undefined; error: unknown; refetch: () => unknown };
  stopOnFailure: boolean;
  onStopOnFailure: (stop: boolean) => void;
}

export function SweepPanel({ preview, stopOnFailure, onStopOnFailure }: Props) {
  return (
    <Stack gap="xs" component="section" aria-label="Sweep">
      <Title order={3} size="h5">
        Sweep
      </Title>
      <Points preview={preview} />
      <Checkbox
        size="xs"
        label="Stop when a point fails; otherwise the others go on"
        checked={stopOnFailure}
        onChange={({ currentTarget }) => onStopOnFailure(currentTarget.checked)}
      />
    </Stack>
  );
}

function Points({ preview }: Pick<Props, "preview">) {
  if (preview.error) {
    const problem = problemOf(preview.error);
    if (!problem.reason) return <ProblemNote error={preview.error} again={() => void preview.refetch()} />;
    return (
      <Text size="sm" c="red" role="alert">
        {[problem.message, forPages(problem)].filter(Boolean).join(". ")}
      </Text>
    );
  }
  if (!preview.data) return <Skeleton height={80} aria-label="Counting the points" />;
  const { axes } = preview.data;
  const count = Number(preview.data.count);
  const points = someOf(axes, SHOWN);
  return (
    <>
      <Text size="sm" aria-live="polite">
        <b>{count.toLocaleString()}</b> {count === 1 ? "point" : "points"}
        {axes.length > 1 ? `: ${axes.map(({ values }) => values.length).join(" × ")}` : ""}. A run is made for each;
        they run side by side where nodes have room.
      </Text>
      <Table.ScrollContainer minWidth={0}>
        <Table verticalSpacing={2} fz="xs" aria-label="Points">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Point</Table.Th>
              {axes.map(({ variable }) => (
                <Table.Th key={variable}>{variable}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {points.map(({ index, values }, place) => (
              <Table.Tr key={index}>
                <Table.Td>
                  {place > 0 && index !== (points[place - 1]?.index ?? 0) + 1 ? "… " : ""}
                  {index + 1}
                </Table.Td>
                {axes.map(({ variable }) => (
                  <Table.Td key={variable} ff="monospace">
                    {values[variable] || "(empty)"}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
