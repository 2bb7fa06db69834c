// All versions of a pipeline, what changed between two of them, and a way back to an old one.
import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { Pipeline } from "../api/winslow/v1/pipeline_pb.ts";
import { Ago } from "../parts/Ago.tsx";
import { modals } from "../parts/dialogs.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { type Column, VirtualTable } from "../parts/VirtualTable.tsx";
import { moment } from "../parts/words.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { useRendered } from "./editing/useRendered.ts";
import { Difference } from "./editor/lazily.tsx";
import { counted } from "./summary.ts";

interface Props {
  pipeline: Pipeline;
  /** Numbers of the two that are compared, as in the address. */
  version: string | undefined;
  against: string | undefined;
  onChoose: (version: string, against: string) => void;
  /** Whether there are changes that were not saved, which a restored version would be against. */
  dirty: boolean;
}

export function Versions({ pipeline, version, against, onChoose, dirty }: Props) {
  const { versions, whole, error, refetch } = useVersions(pipeline);
  const latest = versions[0];
  const chosen = versions.find((one) => String(one.version) === version) ?? latest;
  const earlier =
    versions.find((one) => String(one.version) === against) ??
    versions.find((one) => chosen && one.version === chosen.version - 1n);
  const columns = useMemo(() => columnsFor(latest?.version), [latest?.version]);
  if (error && !latest) return <ProblemNote error={error} again={() => void refetch()} />;
  if (!latest || !chosen) return null;
  const numbers = versions.map((one) => ({
    value: String(one.version),
    label: `Version ${one.version}, ${moment(one.createTime)}`,
  }));
  const table = (
    <VirtualTable
      label="Versions"
      items={versions}
      columns={columns}
      keyOf={(one) => String(one.version)}
      height="220px"
      rowHeight={36}
      onOpen={(one) => onChoose(String(one.version), String(one.version > 1n ? one.version - 1n : one.version))}
    />
  );
  if (whole && versions.length === 1) {
    return (
      <Stack gap="md">
        {table}
        <Text size="sm">There is one version so far: saving a change makes another, to compare with it.</Text>
      </Stack>
    );
  }
  return (
    <Stack gap="md">
      {table}
      <Group gap="sm" align="end">
        <Select
          label="From"
          data={numbers}
          value={earlier ? String(earlier.version) : String(chosen.version)}
          onChange={(value) => value && onChoose(String(chosen.version), value)}
          allowDeselect={false}
          w={{ base: "100%", xs: 320 }}
        />
        <Select
          label="To"
          data={numbers}
          value={String(chosen.version)}
          onChange={(value) => value && onChoose(value, String(earlier?.version ?? value))}
          allowDeselect={false}
          w={{ base: "100%", xs: 320 }}
        />
        {chosen.version !== latest.version && whole ? <Restore pipeline={pipeline} old={chosen} dirty={dirty} /> : null}
      </Group>
      <Between before={earlier ?? chosen} after={chosen} />
    </Stack>
  );
}

/** Newest first; what the stream tells of the pipeline says that there is another one. */
function useVersions(pipeline: Pipeline) {
  const { pipelines } = useServices();
  const asked = useInfiniteQuery({
    queryKey: ["versions", pipeline.name, String(pipeline.version)],
    queryFn: ({ pageParam, signal }) =>
      pipelines.listPipelineVersions({ parent: pipeline.name, pageSize: 200, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetching } = asked;
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const versions = useMemo(() => data?.pages.flatMap((page) => page.pipelines) ?? [], [data]);
  return { versions, whole: !hasNextPage, error, refetch };
}

function Between({ before, after }: { before: Pipeline; after: Pipeline }) {
  const old = useRendered([before.name, String(before.version)], before.spec);
  const now = useRendered([after.name, String(after.version)], after.spec);
  const error = old.error ?? now.error;
  if (error) return <ProblemNote error={error} />;
  if (old.data === undefined || now.data === undefined) return null;
  return (
    <>
      {before.version === after.version ? null : old.data === now.data ? (
        <Text size="sm">They say the same.</Text>
      ) : null}
      <Difference
        before={old.data}
        after={now.data}
        beforeLabel={`Version ${before.version}`}
        afterLabel={`Version ${after.version}`}
      />
    </>
  );
}

function Restore({ pipeline, old, dirty }: { pipeline: Pipeline; old: Pipeline; dirty: boolean }) {
  const { pipelines } = useServices();
  const { busy, act } = useAct();
  const next = pipeline.version + 1n;
  const restore = () =>
    modals.openConfirmModal({
      title: `Restore version ${old.version}?`,
      children: (
        <Text size="sm">
          What version {String(old.version)} says becomes version {String(next)}. No version is lost, and projects keep
          their copies.{dirty ? " Your own changes are not saved with it; they are still in the editor." : ""}
        </Text>
      ),
      labels: { confirm: `Make it version ${next}`, cancel: "Cancel" },
      onConfirm: () => {
        if (!old.spec) return;
        const { spec } = old;
        void act(
          "Restore the version",
          (requestId) =>
            pipelines.updatePipeline({
              requestId,
              pipeline: { name: pipeline.name, spec },
              updateMask: { paths: ["spec"] },
              expectedRevision: pipeline.revision,
            }),
          `Version ${old.version} is version ${next} now`,
        );
      },
    });
  return (
    <Button variant="default" loading={busy} leftSection={<IconHistory size={16} aria-hidden />} onClick={restore}>
      Restore version {String(old.version)}
    </Button>
  );
}

function columnsFor(latest: bigint | undefined): Column<Pipeline>[] {
  return [
    {
      key: "version",
      header: "Version",
      width: "110px",
      cell: ({ version }) => (
        <Text size="sm" fw={version === latest ? 600 : 400}>
          {version === latest ? `${version} (latest)` : String(version)}
        </Text>
      ),
    },
    { key: "when", header: "Saved", width: "minmax(7rem, 1fr)", cell: (one) => <Ago time={one.createTime} /> },
    {
      key: "author",
      header: "By",
      width: "minmax(5rem, 1fr)",
      cell: (one) => (
        <Text size="sm" truncate>
          {one.author}
        </Text>
      ),
    },
    {
      key: "stages",
      header: "Stages",
      width: "90px",
      from: 520,
      cell: (one) => <Text size="sm">{counted(one.spec?.stages.length ?? 0, "stage")}</Text>,
    },
  ];
}
