// For how long stages may go on when a node is drained: as people write durations in pipelines.

const UNITS: Record<string, number> = { d: 86_400, h: 3_600, m: 60, min: 60, s: 1 };

/** Seconds of "90", "15m", "1 h 30 min", "2d"; undefined where it is none. */
export function secondsOf(text: string): number | undefined {
  const said = text.trim().toLowerCase();
  if (/^\d+(\.\d+)?$/.test(said)) return Number(said);
  const parts = [...said.matchAll(/(\d+(?:\.\d+)?)\s*(d|h|min|m|s)\s*/g)];
  if (!parts.length || parts.map(([whole]) => whole).join("") !== said) return undefined;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? "s"] ?? 0), 0);
}
