// All uploads of this tab, and those that a closed one has left: how far each is, how fast all go, and what can be done.
import { Alert, Button, FileButton, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { IconFileUnknown } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Empty } from "../parts/Empty.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { duration, size } from "../parts/words.ts";
import { Question } from "./Question.tsx";
import { AT_WORK, ENDED, type Snapshot, type State, type Totals, type UploadShown } from "./sending/kinds.ts";
import { UploadTable } from "./UploadTable.tsx";
import { uploads } from "./uploads.ts";
import { useUploads } from "./useUploads.ts";

export function Transfers() {
  const snapshot = useUploads();
  const { totals, asked } = snapshot;
  usePageTitle("Transfers", totals.files > totals.ended ? `${percent(totals)} %` : undefined);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={2}>Transfers</Title>
        <Hands {...snapshot} />
      </Group>
      {snapshot.uploads.length ? (
        <>
          <Sum {...snapshot} />
          <Question asked={asked} />
          <Lost lost={snapshot.uploads.filter(({ state }) => state === "lost")} />
          <UploadTable uploads={snapshot.uploads} />
        </>
      ) : (
        <Empty
          title="Nothing is being sent"
          action={
            <Button
              variant="default"
              renderRoot={(props) => <Link to="/browse/$" params={{ _splat: "" }} {...props} />}
            >
              To the files
            </Button>
          }
        >
          Drop files or folders onto a project's input, and they are listed here while they are on their way. They go on
          after a cut, and after the browser was closed.
        </Empty>
      )}
    </Stack>
  );
}

const percent = ({ sent, size }: Totals) => (size ? Math.floor((100 * sent) / size) : 0);
const idsOf = (some: readonly UploadShown[], ...states: State[]) =>
  some.filter(({ state }) => states.includes(state)).map(({ id }) => id);

function Hands({ uploads: all, totals }: Snapshot) {
  const going = all.filter(({ state }) => AT_WORK.has(state)).map(({ id }) => id);
  const paused = idsOf(all, "paused");
  const failed = idsOf(all, "failed");
  const open = all.filter(({ state }) => !ENDED.has(state)).map(({ id }) => id);
  return (
    <Group gap="xs">
      {going.length ? (
        <Button size="xs" variant="default" onClick={() => uploads.pause(...going)}>
          Pause all
        </Button>
      ) : null}
      {paused.length ? (
        <Button size="xs" onClick={() => uploads.resume(...paused)}>
          Go on with all
        </Button>
      ) : null}
      {failed.length ? (
        <Button size="xs" variant="default" onClick={() => uploads.resume(...failed)}>
          Try the failed again
        </Button>
      ) : null}
      {open.length ? (
        <Button size="xs" variant="default" color="red" onClick={() => uploads.cancel(...open)}>
          Cancel all
        </Button>
      ) : null}
      {totals.ended ? (
        <Button size="xs" variant="default" onClick={() => uploads.clear()}>
          Clear what has ended
        </Button>
      ) : null}
    </Group>
  );
}

function Sum({ totals }: Snapshot) {
  const { files, ended, failed, sent, size: all, speed, left } = totals;
  const said = [
    `${ended.toLocaleString()} of ${files.toLocaleString()} files`,
    `${size(sent)} of ${size(all)}`,
    ...(speed > 0 ? [`${size(speed)}/s`] : []),
    ...(speed > 0 && left !== undefined ? [`${duration(left)} left`] : []),
    ...(failed ? [`${failed.toLocaleString()} failed`] : []),
  ];
  return (
    <Stack gap={4}>
      <Progress value={percent(totals)} aria-label="All uploads together" />
      <Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }} data-testid="totals">
        {said.join(" · ")}
      </Text>
    </Stack>
  );
}

function Lost({ lost }: { lost: readonly UploadShown[] }) {
  const [said, setSaid] = useState("");
  if (!lost.length) return null;
  const found = lost.filter((one) => one.found).map(({ id }) => id);
  const taken = (files: File[]) => {
    const count = uploads.give(files);
    setSaid(count ? "" : "None of these is the file that was being sent: name, size and time must be the same");
  };
  return (
    <Alert
      color="orange"
      variant="light"
      styles={{ label: { color: "var(--mantine-color-text)" } }}
      icon={<IconFileUnknown size={18} aria-hidden />}
      title={`${lost.length === 1 ? "An upload was" : `${lost.length} uploads were`} cut off when the browser was closed`}
      data-testid="lost"
    >
      <Text size="sm" mb="xs">
        What was sent is safe for a day. Pages may not read your files without you: give them again, and they go on
        where they were.
      </Text>
      <Group gap="xs">
        {found.length ? (
          <Button size="xs" onClick={() => void uploads.find(...found)}>
            Go on with {found.length === 1 ? "it" : found.length}
          </Button>
        ) : null}
        <FileButton multiple onChange={taken}>
          {(props) => (
            <Button size="xs" variant="default" {...props}>
              Choose the files…
            </Button>
          )}
        </FileButton>
        <Button size="xs" variant="default" onClick={() => uploads.cancel(...lost.map(({ id }) => id))}>
          Forget {lost.length === 1 ? "it" : "them"}
        </Button>
      </Group>
      <Text size="sm" mt={6} role="status">
        {said}
      </Text>
    </Alert>
  );
}
