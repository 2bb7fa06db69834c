// One line of a log.
import { VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import { size } from "../parts/words.ts";
import { STDERR, WINSLOW } from "./block.ts";
import classes from "./LogView.module.css";
import { type Found, type Line, marked, type Part } from "./line.ts";
import { readable } from "./readable.ts";
import type { Style } from "./terminal.ts";
import { exactTime } from "./times.ts";

interface Props {
  at: number;
  stream: number;
  line: Line;
  /** As it was written, and as it is shown. */
  time: string;
  clock: string;
  /** Bytes of the line that are not shown. */
  rest: number;
  found: readonly Found[];
  /** Whether it is among the lines that were marked by hand. */
  chosen: boolean;
  /** Whether the search is at it. */
  current: boolean;
  /** Whether more may be said in it. */
  underway: boolean;
}

const MARKS: Record<number, { sign: string; says: string }> = {
  [STDERR as number]: { sign: "E", says: "stderr" },
  [WINSLOW as number]: { sign: "W", says: "Winslow" },
};

export const Row = memo(function Row(props: Props) {
  const { at, stream, line, time, clock, rest, found, chosen, current, underway } = props;
  const mark = MARKS[stream];
  return (
    <div
      className={classes.row}
      data-at={at}
      data-stream={stream}
      data-chosen={chosen || undefined}
      data-current={current || undefined}
      data-underway={underway || undefined}
    >
      <button type="button" tabIndex={-1} className={classes.gutter} data-mark={at} title={exactTime(time)}>
        {clock}
      </button>
      <span className={classes.sign} title={mark?.says ?? "stdout"}>
        {mark ? <span aria-hidden>{mark.sign}</span> : null}
        {mark ? <VisuallyHidden>{mark.says}</VisuallyHidden> : null}
      </span>
      <span className={classes.text}>
        {marked(line.parts, found).map((part, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no names and never move
          <Shown key={place} part={part} />
        ))}
        {rest > 0 ? (
          <button type="button" className={classes.rest} data-all={at}>
            … show all ({size(rest)} more)
          </button>
        ) : null}
      </span>
    </div>
  );
});

function Shown({ part: { text, style, hidden, found } }: { part: Part }) {
  if (!style && !hidden && found === undefined) return text;
  return (
    <span
      className={hidden ? classes.hidden : undefined}
      data-found={found}
      data-bold={style?.bold}
      data-faint={style?.faint}
      data-italic={style?.italic}
      data-lined={style?.underline || style?.struck ? lines(style) : undefined}
      style={found === undefined ? coloured(style) : undefined}
    >
      {text}
    </span>
  );
}

const lines = (style: Style) => [style.underline && "under", style.struck && "through"].filter(Boolean).join(" ");

/** Colours are numbers of our own making, never text of the log. */
function coloured(style: Style | undefined) {
  if (!style) return undefined;
  const [front, back] = style.reversed ? [style.ground, style.colour] : [style.colour, style.ground];
  return {
    color:
      front === undefined
        ? upon(back, style)
        : typeof front === "string" && back === undefined
          ? readable(front)
          : named(front),
    backgroundColor: back === undefined ? (style.reversed ? "var(--log-front)" : undefined) : named(back),
  };
}

/** What nobody coloured is readable on whatever ground somebody gave it. */
function upon(back: number | string | undefined, { reversed }: Style): string | undefined {
  if (typeof back === "number" || (reversed && back === undefined)) return "var(--log-ground)";
  const [red = 0, green = 0, blue = 0] = (back?.match(/\d+/g) ?? []).map(Number);
  return back === undefined ? undefined : red * 0.299 + green * 0.587 + blue * 0.114 > 140 ? "#111" : "#fff";
}

const named = (colour: number | string) => (typeof colour === "number" ? `var(--log-${colour})` : colour);
