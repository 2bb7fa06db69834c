// When a line was written, in the viewer's zone or from a beginning.

export type TimeShown = "zone" | "relative" | "off";

/** Milliseconds since 1970 of `2026-11-23T04:17:05.123456789Z`; NaN for what is no time. */
export function instant(time: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$/.test(time)
    ? Date.parse(time.replace(/(\.\d{3})\d+/, "$1"))
    : Number.NaN;
}

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** As it stands before a line; `from` is where "relative" counts from, in milliseconds. */
export function shownTime(time: string, how: TimeShown, from: number): string {
  const at = instant(time);
  if (how === "off" || Number.isNaN(at)) return "";
  return how === "zone" ? clock(at) : since(at - from);
}

export const exactTime = (time: string): string => {
  const at = instant(time);
  return Number.isNaN(at) ? "No time" : `${EXACT.format(at)} (${time})`;
};

/** Hours, minutes and seconds, many a second: Intl is asked once for each second. */
let known = { second: -1, text: "" };
function clock(at: number): string {
  const second = Math.floor(at / 1000);
  if (known.second !== second) {
    const parts = CLOCK.formatToParts(second * 1000).filter((part) => part.type !== "fractionalSecond");
    const text = parts
      .map((part) => part.value)
      .join("")
      .replace(/\D$/, "");
    known = { second, text };
  }
  return `${known.text}.${String(at - second * 1000).padStart(3, "0")}`;
}

/** `+1:02:03.456`. */
function since(milliseconds: number): string {
  const sign = milliseconds < 0 ? "-" : "+";
  const all = Math.abs(Math.round(milliseconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = Math.floor(all / 1000);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(all % 1000).padStart(3, "0")}`;
  return `${sign}${Math.floor(seconds / 3600)}:${rest}`;
}
