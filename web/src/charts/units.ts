// Values of charts for people.
import { size } from "../parts/words.ts";

const NUMBER = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const LARGE = new Intl.NumberFormat(undefined, { notation: "compact", maximumSignificantDigits: 4 });

export function valued(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (unit === "B") return size(Math.max(0, value));
  if (unit === "B/s") return `${size(Math.max(0, value))}/s`;
  return unit === "%" ? `${number(value)} %` : `${number(value)}${unit ? ` ${unit}` : ""}`;
}

export function number(value: number): string {
  const great = Math.abs(value);
  if (great >= 1e15 || (great > 0 && great < 1e-4)) return value.toExponential(2);
  return great >= 100_000 ? LARGE.format(value) : NUMBER.format(value);
}

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** Where on the x axis one is. */
export const placed = (x: number, time: boolean): string => (time ? MOMENT.format(x) : number(x));

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const SECONDS = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** What stands at ticks of a time axis: the clock, and the day where it is another one than at the tick before. */
export function ticksOf(ticks: readonly number[]): string[] {
  const step = ticks.length > 1 ? (ticks[1] as number) - (ticks[0] as number) : 60_000;
  const fine = step < 60_000 ? SECONDS : CLOCK;
  let before = "";
  return ticks.map((tick) => {
    const day = DAY.format(tick);
    const clock = step >= 86_400_000 ? "" : fine.format(tick);
    const text = day === before ? clock : [clock, day].filter(Boolean).join("\n");
    before = day;
    return text;
  });
}

/** A value beside an axis, whose title has the unit. */
export const ticked = (value: number, unit: string): string =>
  unit.startsWith("B") ? valued(value, unit) : number(value);
