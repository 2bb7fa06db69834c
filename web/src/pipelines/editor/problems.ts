// Where a problem is in the text, as the editor counts: the parser counts lines and characters from one, browsers UTF-16 from zero.
import type { Problem } from "../../api/winslow/v1/common_pb.ts";

export interface Spot {
  from: number;
  to: number;
}

/** From where the problem is to the end of the word there; all of a line where no column is told. */
export function spotOf({ line, column }: Pick<Problem, "line" | "column">, text: string): Spot {
  const lines = text.split("\n");
  if (line < 1 || lines.length === 0) return { from: 0, to: lines[0]?.length ?? 0 };
  const index = Math.min(line, lines.length) - 1;
  const start = lines.slice(0, index).reduce((sum, one) => sum + one.length + 1, 0);
  const whole = lines[index] ?? "";
  const before = column > 0 ? [...whole].slice(0, column - 1).join("").length : whole.length - whole.trimStart().length;
  const from = start + Math.min(before, whole.length);
  const rest = whole.slice(Math.min(before, whole.length));
  const word = column > 0 ? (/^(["'])(?:\\.|(?!\1).)*\1|^[^\s:,[\]{}#]+/.exec(rest)?.[0] ?? rest) : rest.trimEnd();
  return { from, to: from + Math.max(word.length, 0) };
}

/** What is wrong and what to do, as one text. */
export function told({ message, hint }: Pick<Problem, "message" | "hint">): string {
  const said = message ? message[0]?.toUpperCase() + message.slice(1) : "Something is wrong here";
  return hint ? `${said} (${hint})` : said;
}
