// One line in full, up to a mebibyte of it: lines are cut in the log, since one may be longer than all others together.
import { Button, CopyButton, Group, Loader, Modal, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { size } from "../parts/words.ts";
import { Block } from "./block.ts";
import { blockOf } from "./blocks.ts";
import { decoded, HIDDEN, named } from "./decoding.ts";
import classes from "./LogView.module.css";
import type { Log } from "./log.ts";
import { runs } from "./terminal.ts";

const MOST = 1 << 20;
const PIECE = 4_096;

interface Whole {
  text: string;
  length: number;
  cut: boolean;
}

export function WholeLine({
  log,
  stage,
  at,
  onClose,
}: {
  log: Log;
  stage: string;
  at: number | undefined;
  onClose: () => void;
}) {
  const asked = useQuery({
    queryKey: ["log-line", stage, at],
    queryFn: ({ signal }) => readWhole(log, at ?? 0, signal),
    enabled: at !== undefined,
  });
  return (
    <Modal opened={at !== undefined} onClose={onClose} title="The whole line" size="xl" zIndex={300}>
      {asked.isLoading ? <Loader size="sm" aria-label="Reading the line" /> : null}
      {asked.error ? <ProblemNote error={asked.error} again={() => void asked.refetch()} /> : null}
      {asked.data ? <Shown whole={asked.data} /> : null}
    </Modal>
  );
}

function Shown({ whole }: { whole: Whole }) {
  const pieces = Array.from({ length: Math.ceil(whole.text.length / PIECE) }, (_, piece) => piece * PIECE);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keys */}
      <pre className={classes.whole} tabIndex={0}>
        {pieces.map((from) => (
          <span key={from}>{whole.text.slice(from, from + PIECE)}</span>
        ))}
      </pre>
      <Group justify="space-between" mt="xs">
        <Text size="sm">
          {whole.cut ? `The first ${size(MOST)}; download the log for the rest` : size(whole.length)}
        </Text>
        <CopyButton value={whole.text}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy} disabled={!navigator.clipboard}>
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
      </Group>
    </>
  );
}

/** The line that begins at `at`, read on until it ends. */
async function readWhole(log: Log, at: number, signal: AbortSignal): Promise<Whole> {
  const parts: Uint8Array[] = [];
  let [stream, length, next] = [-1, 0, at];
  while (length < MOST) {
    const chunk = await log.source.read(next, 256 << 10, signal);
    if (chunk.data.length === 0) break;
    const ended = take(next, chunk.data);
    next += chunk.data.length;
    if (ended) return whole(parts, length, false);
  }
  return whole(parts, length, length >= MOST);

  /** Whether the line ends in this piece. */
  function take(from: number, data: Uint8Array): boolean {
    for (let read = 0; read < data.length; ) {
      const block = new Block(
        blockOf(from + read),
        from + read,
        stream < 0 ? [] : stream === 0 ? ["stdout"] : ["stderr"],
      );
      read += block.append(data.subarray(read)) || data.length;
      if (stream < 0) {
        stream = block.stream[0] ?? 2;
        keep(block.text(0, MOST));
        if (!block.isOpen(0)) return true;
        continue;
      }
      const { pieces, ends } = block.lead(stream);
      for (const piece of pieces) keep(piece);
      if (ends) return true;
    }
    return false;
  }

  function keep(piece: Uint8Array): void {
    parts.push(piece.slice(0, MOST - length));
    length += piece.length;
  }
}

function whole(parts: readonly Uint8Array[], length: number, cut: boolean): Whole {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    bytes.set(part, filled);
    filled += part.length;
  }
  const text = runs(decoded(bytes))
    .map((run) => run.text.replace(HIDDEN, named))
    .join("");
  return { text, length, cut };
}
