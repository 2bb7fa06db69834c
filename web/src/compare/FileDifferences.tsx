// Files that were added, removed or changed between two attempts, a page at a time however many there are.
import { Button, Group, Modal, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { IconEqualNot, IconMinus, IconPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import type { CompareStagesResponse_FileDifference as FileDifference } from "../api/winslow/v1/stage_service_pb.ts";
import { shown } from "../files/paths.ts";
import { Preview } from "../files/preview/Preview.tsx";
import { Ago } from "../parts/Ago.tsx";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { type Column, VirtualTable } from "../parts/VirtualTable.tsx";
import { size } from "../parts/words.ts";
import type { Comparison } from "./useComparison.ts";

type Kind = "added" | "removed" | "changed";
const SIGNS = { added: IconPlus, removed: IconMinus, changed: IconEqualNot };
const WORDS = { added: "Added", removed: "Removed", changed: "Changed" };

export const kindOf = ({ before, after }: FileDifference): Kind => (!before ? "added" : !after ? "removed" : "changed");

interface Props {
  comparison: Comparison;
  names: { before: string; after: string };
}

export function FileDifferences({ comparison, names }: Props) {
  const [kind, setKind] = useState<Kind | "all">("all");
  const [looked, setLooked] = useState<FileDifference>();
  const { files, first, error } = comparison;
  const listed = useMemo(() => files.filter((one) => kind === "all" || kindOf(one) === kind), [files, kind]);
  if (error) return <ProblemNote error={error} again={() => void comparison.refetch()} />;
  if (!first) return <Skeleton height={200} aria-label="Comparing files" />;
  return (
    <Stack gap="xs">
      {first.unknown.length ? (
        <Text size="sm">
          Workspaces are left out: nobody can tell any more what that of {first.unknown.map(idOf).join(" and ")} held.
        </Text>
      ) : null}
      {files.length === 0 && comparison.whole ? (
        <Text size="sm">All files are the same in both.</Text>
      ) : (
        <>
          <Group justify="space-between">
            <SegmentedControl
              size="xs"
              aria-label="Which files"
              value={kind}
              onChange={(value) => setKind(value as Kind | "all")}
              data={[
                { value: "all", label: `All ${count(files, comparison.whole)}` },
                { value: "added", label: "Added" },
                { value: "removed", label: "Removed" },
                { value: "changed", label: "Changed" },
              ]}
            />
          </Group>
          <VirtualTable
            label="Files that differ"
            items={listed}
            columns={COLUMNS}
            keyOf={({ path }) => path}
            onOpen={setLooked}
            rowHeight={36}
            height="480px"
          />
        </>
      )}
      {comparison.hasNextPage ? (
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          loading={comparison.isFetchingNextPage}
          onClick={() => void comparison.fetchNextPage()}
        >
          Look for more
        </Button>
      ) : null}
      <Modal
        opened={looked !== undefined}
        onClose={() => setLooked(undefined)}
        title={shown(looked?.path ?? "")}
        size="90%"
      >
        {looked ? <Both {...looked} names={names} /> : null}
      </Modal>
    </Stack>
  );
}

const count = (files: readonly unknown[], whole: boolean) => `${files.length.toLocaleString()}${whole ? "" : "+"}`;

const COLUMNS: Column<FileDifference>[] = [
  {
    key: "kind",
    header: "What",
    width: "110px",
    cell: (one) => {
      const kind = kindOf(one);
      const Sign = SIGNS[kind];
      return (
        <Group gap={6} wrap="nowrap">
          <Sign size={14} aria-hidden />
          <Text size="sm">{WORDS[kind]}</Text>
        </Group>
      );
    },
  },
  {
    key: "path",
    header: "File",
    width: "minmax(10rem, 3fr)",
    cell: ({ path }) => (
      <Text size="sm" truncate="start" title={shown(path)}>
        {shown(path)}
      </Text>
    ),
  },
  { key: "size", header: "Size", width: "150px", from: 480, cell: (one) => <Text size="sm">{sizes(one)}</Text> },
  {
    key: "time",
    header: "Changed",
    width: "120px",
    from: 760,
    cell: ({ before, after }) => <Ago time={(after ?? before)?.modifyTime} />,
  },
  {
    key: "hash",
    header: "SHA-256",
    width: "110px",
    from: 900,
    cell: ({ before, after }) => {
      const hash = (after ?? before)?.sha256;
      return (
        <Text size="xs" ff="monospace" title={hash}>
          {hash ? `${hash.slice(0, 8)}…` : ""}
        </Text>
      );
    },
  },
];

function sizes({ before, after }: FileDifference): string {
  if (!before || !after) return size((after ?? before)?.size ?? 0n);
  return before.size === after.size ? size(after.size) : `${size(before.size)} → ${size(after.size)}`;
}

function Both({ before, after, names }: FileDifference & { names: { before: string; after: string } }) {
  const sides: [string, File | undefined][] = [
    [names.before, before],
    [names.after, after],
  ];
  return (
    <Group align="start" grow gap="md" wrap="wrap" preventGrowOverflow={false}>
      {sides.map(([name, file]) =>
        file ? (
          <Stack key={name} gap={4} miw={280}>
            <Text size="xs" ff="monospace">
              {name}
            </Text>
            <Preview path={file.path} />
          </Stack>
        ) : null,
      )}
    </Group>
  );
}
