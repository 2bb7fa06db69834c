// Times, durations and sizes for people; times in the viewer's own zone.
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

// To make one of these takes longer than to draw the row of a table that it is for: each is made once.
const relative = once((locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
const exact = once((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" }));

function once<Format>(make: (locale: string | undefined) => Format): (locale: string | undefined) => Format {
  const made = new Map<string | undefined, Format>();
  return (locale) => {
    const known = made.get(locale) ?? make(locale);
    made.set(locale, known);
    return known;
  };
}

/** "3 minutes ago", "in 2 hours"; `now` in milliseconds. */
export function ago(time: Timestamp | undefined, now: number, locale?: string): string {
  if (!time) return "";
  const seconds = (timestampDate(time).getTime() - now) / 1000;
  const said = relative(locale);
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return said.format(Math.trunc(seconds / size), unit);
  }
  return said.format(0, "minute") === "this minute" ? "just now" : said.format(0, "second");
}

/** The exact time, in the viewer's zone and words. */
export function moment(time: Timestamp | undefined, locale?: string): string {
  if (!time) return "";
  return exact(locale).format(timestampDate(time));
}

/** "1.5 GiB"; binary units, since that is what limits are given in. */
export function size(bytes: bigint | number): string {
  let left = Number(bytes);
  if (left < 1024) return `${left} B`;
  let unit = -1;
  do {
    left /= 1024;
    unit++;
  } while (left >= 1023.95 && unit < 5);
  return `${left.toFixed(left < 10 ? 1 : 0)} ${"KMGTPE"[unit]}iB`;
}

/** "2 h 5 min", "14 s", at most two units. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}
