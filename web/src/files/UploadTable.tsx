// Uploads one by one: how far each is, and what can be done with it.
import { ActionIcon, Group, Progress, Stack, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconRefresh, IconX } from "@tabler/icons-react";
import { useMemo } from "react";
import type { Column } from "../parts/VirtualTable.tsx";
import { VirtualTable } from "../parts/VirtualTable.tsx";
import { size } from "../parts/words.ts";
import { BrowseLink } from "./BrowseLink.tsx";
import classes from "./files.module.css";
import { above, baseName, shown } from "./paths.ts";
import { arranged } from "./sending/arranged.ts";
import { AT_WORK, ENDED, type UploadShown } from "./sending/kinds.ts";
import { UploadMark } from "./UploadMark.tsx";
import { uploads } from "./uploads.ts";

const keyOf = ({ id }: UploadShown) => id;
const nameOf = ({ path }: UploadShown) => shown(baseName(path));

export function UploadTable({ uploads }: { uploads: readonly UploadShown[] }) {
  const items = useMemo(() => arranged(uploads), [uploads]);
  return (
    <VirtualTable<UploadShown>
      label="Uploads"
      items={items}
      columns={COLUMNS}
      keyOf={keyOf}
      nameOf={nameOf}
      rowHeight={56}
      height="calc(100dvh - 260px)"
    />
  );
}

const COLUMNS: Column<UploadShown>[] = [
  { key: "file", header: "File", width: "minmax(8rem, 3fr)", cell: (upload) => <Where {...upload} /> },
  { key: "state", header: "State", width: "minmax(8rem, 2fr)", cell: (upload) => <How {...upload} /> },
  {
    key: "size",
    header: "Size",
    width: "5.5rem",
    from: 560,
    cell: (upload) => <Text size="sm">{size(upload.size)}</Text>,
  },
  {
    key: "hands",
    header: <VisuallyHidden>What to do</VisuallyHidden>,
    width: "4.5rem",
    cell: (upload) => <Hands {...upload} />,
  },
];

function Where({ path }: UploadShown) {
  return (
    <Stack gap={0}>
      <Text size="sm" truncate="end" title={shown(path)}>
        {shown(baseName(path))}
      </Text>
      <BrowseLink path={above(path)} size="xs" truncate="end" tabIndex={-1} title={shown(above(path))}>
        {shown(above(path))}
      </BrowseLink>
    </Stack>
  );
}

function How({ state, why: because, sent, verified, size: all }: UploadShown) {
  const why = state === "resting" ? `It goes on by itself. ${because}` : because;
  const far = all ? Math.floor((100 * (state === "verifying" ? verified : sent)) / all) : 0;
  const bar = state === "sending" || state === "paused" || state === "resting" || state === "verifying";
  return (
    <Stack gap={2}>
      <Group gap={6} wrap="nowrap">
        <div className={classes.oneLine}>
          <UploadMark state={state} />
        </div>
        {bar ? (
          <Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
            {far} %
          </Text>
        ) : null}
      </Group>
      {why ? (
        <Tooltip label={why} multiline maw={420}>
          <Text size="xs" truncate="end">
            {why}
          </Text>
        </Tooltip>
      ) : bar ? (
        <Progress size="xs" value={far} aria-label={`${far} %`} />
      ) : null}
    </Stack>
  );
}

function Hands({ id, state, path }: UploadShown) {
  const name = shown(baseName(path));
  const hand = (word: string, Icon: typeof IconX, act: () => void) => (
    <Tooltip label={word} key={word}>
      <ActionIcon variant="subtle" color="gray" tabIndex={-1} aria-label={`${word}: ${name}`} onClick={act}>
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
  return (
    <Group gap={0} wrap="nowrap" justify="flex-end">
      {AT_WORK.has(state) && state !== "resting" ? hand("Pause", IconPlayerPause, () => uploads.pause(id)) : null}
      {state === "paused" ? hand("Go on", IconPlayerPlay, () => uploads.resume(id)) : null}
      {state === "resting" ? hand("Try now", IconRefresh, () => uploads.resume(id)) : null}
      {state === "failed" || state === "cancelled" ? hand("Try again", IconRefresh, () => uploads.resume(id)) : null}
      {ENDED.has(state) ? null : hand("Cancel", IconX, () => uploads.cancel(id))}
    </Group>
  );
}
