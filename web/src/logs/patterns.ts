// What people look for: plain words, or /regular expressions/. The server looks through the whole log by RE2, the page marks
// what is in sight. Capitals count only where somebody writes some.

export interface Pattern {
  /** As it was written; in an address, too. */
  written: string;
  /** What the server is asked. */
  asked: string;
  /** What the page marks; undefined where browsers cannot read what RE2 can. */
  marks: { source: string; flags: string } | undefined;
}

/** Before what a stage wrote stand time, stream and tag. */
const HEAD = "^[^ ]+ (?:stdout|stderr|winslow) [FP] ";

/** undefined for what looks for nothing. */
export function patternOf(written: string): Pattern | undefined {
  const expression = isExpression(written);
  const source = expression ? written.slice(1, -1) : escaped(written);
  if (source.trim() === "") return undefined;
  const anyCase = !/\p{Lu}/u.test(expression ? source.replace(/\\[A-Z]|\(\?P?<[^>]*>/g, "") : source);
  const anchored = expression && source.startsWith("^");
  const rest = anchored ? `(?:${source.slice(1)})` : `.*(?:${source})`;
  return {
    written,
    asked: `${anyCase ? "(?i)" : ""}${HEAD}${rest}`,
    marks: readable(source, anyCase ? "gi" : "g"),
  };
}

export const isExpression = (written: string): boolean => written.length > 2 && /^\/.+\/$/s.test(written);

/** The same looked for as an expression, or as it stands. */
export function asExpression(written: string, expression: boolean): string {
  if (isExpression(written) === expression) return written;
  return expression ? `/${written}/` : written.slice(1, -1);
}

const escaped = (text: string): string =>
  text
    .replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
    .replaceAll("\\/", "/")
    .replaceAll("\\-", "-");

function readable(source: string, flags: string): Pattern["marks"] {
  // RE2 writes named groups and flags in ways of its own, too.
  const inline = /^\(\?([is]+)\)/.exec(source);
  const named = source.slice(inline?.[0].length ?? 0).replaceAll("(?P<", "(?<");
  const all = [...new Set(`${flags}${inline?.[1] ?? ""}`)].join("");
  try {
    new RegExp(named, all);
    return { source: named, flags: all };
  } catch {
    return undefined;
  }
}
