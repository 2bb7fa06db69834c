// A file as text: its first part, more on demand, with the numbers of its lines and nothing hidden.
import { Button, Group, Skeleton, Switch, Text } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState } from "react";
import { ProblemNote } from "../../parts/ProblemNote.tsx";
import { size } from "../../parts/words.ts";
import type { Shows } from "./Preview.tsx";
import classes from "./preview.module.css";
import { bytesOf } from "./ranges.ts";
import { guessEncoding, Lines, uncoloured, visible } from "./text.ts";

const PIECE = 2 ** 20;

export function Letters({ source, height }: Shows) {
  const text = useRef<Lines>(undefined);
  const [read, setRead] = useState(0);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const [wrap, setWrap] = useState(false);
  const [raw, setRaw] = useState(false);
  const more = useCallback(
    async (from: number, signal?: AbortSignal) => {
      setBusy(true);
      setFault(undefined);
      try {
        const bytes = await bytesOf(source, from, from + PIECE, signal);
        if (from === 0) text.current = new Lines(guessEncoding(bytes));
        const end = from + bytes.length;
        text.current?.take(bytes, end >= source.size);
        setRead(end);
      } catch (error) {
        if (!signal?.aborted) setFault(error);
      } finally {
        if (!signal?.aborted) setBusy(false);
      }
    },
    [source],
  );
  useEffect(() => {
    const leaving = new AbortController();
    void more(0, leaving.signal);
    return () => leaving.abort();
  }, [more]);
  if (fault !== undefined && !text.current) return <ProblemNote error={fault} again={() => void more(0)} />;
  if (!text.current) return <Skeleton height={160} aria-label="Loading the text" />;
  const lines = text.current.all();
  const coloured = lines.slice(0, LOOKED).some((line) => uncoloured(line) !== line);
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="xs">
          {lines.length.toLocaleString()} lines, {text.current.encoding.toUpperCase()}
          {read < source.size ? `, the first ${size(read)} of ${size(source.size)}` : ""}
        </Text>
        <Group gap="md">
          {coloured ? (
            <Switch
              size="xs"
              label="Show what colours it in a terminal"
              checked={raw}
              onChange={(event) => setRaw(event.currentTarget.checked)}
            />
          ) : null}
          <Switch
            size="xs"
            label="Wrap lines"
            checked={wrap}
            onChange={(event) => setWrap(event.currentTarget.checked)}
          />
        </Group>
      </Group>
      <LineList key={String(wrap)} {...{ lines, height, wrap }} drawn={coloured && !raw ? uncoloured : asIs} />
      {fault === undefined ? null : <ProblemNote error={fault} again={() => void more(read)} />}
      {read < source.size ? (
        <Button mt="xs" size="xs" variant="default" loading={busy} onClick={() => void more(read)}>
          Show the next {size(Math.min(PIECE, source.size - read))}
        </Button>
      ) : null}
    </div>
  );
}

const LINE = 20;
/** Lines in which colours are looked for. */
const LOOKED = 200;
const asIs = (line: string) => line;

interface LineListProps {
  lines: readonly string[];
  height: string;
  wrap: boolean;
  /** What of a line is shown. */
  drawn: (line: string) => string;
}

function LineList({ lines, height, wrap, drawn }: LineListProps) {
  const scroller = useRef<HTMLElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 20,
  });
  const digits = `${String(lines.length).length + 2}ch`;
  return (
    <section
      ref={scroller}
      className={classes.lines}
      style={{ maxHeight: height }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keys
      tabIndex={0}
      aria-label="Text"
    >
      <div style={{ height: rows.getTotalSize(), position: "relative" }}>
        {rows.getVirtualItems().map(({ index, start }) => (
          <div
            key={index}
            data-index={index}
            ref={wrap ? rows.measureElement : undefined}
            className={classes.line}
            style={{
              transform: `translateY(${start}px)`,
              ...(wrap ? { whiteSpace: "pre-wrap", height: "auto", width: "100%", overflowWrap: "anywhere" } : {}),
            }}
          >
            <span className={classes.number} style={{ minWidth: digits }} aria-hidden>
              {index + 1}
            </span>
            <span>{visible(drawn(lines[index] ?? ""))}</span>
          </div>
        ))}
      </div>
    </section>
  );
}
