// Lines as plain text for the clipboard, also those that are not in the page.
import { BLOCK, type Shown } from "./block.ts";
import { blockOf } from "./blocks.ts";
import { decoded } from "./decoding.ts";
import type { Log } from "./log.ts";
import { runs } from "./terminal.ts";

/** Bytes that go to a clipboard, at most. */
export const COPY_MAX = 16 << 20;

/** The lines from that at `first` to that at `last`, as their stage wrote them, less colours. */
export async function copied(log: Log, first: number, last: number, shown: Shown): Promise<string> {
  const lines: string[] = [];
  for (let index = blockOf(first); index <= blockOf(last); index++) {
    const block = await log.source.block(index * BLOCK);
    for (const row of block.rows(shown)) {
      const at = block.at[row] as number;
      if (at < first || at > last) continue;
      const { bytes } = log.blocks.text(block, row, 1 << 20);
      lines.push(
        runs(decoded(bytes))
          .map((run) => run.text)
          .join(""),
      );
    }
  }
  return lines.length ? `${lines.join("\n")}\n` : "";
}

/** Whether it is in the clipboard now. Pages that came in clear have none but the old one. */
export async function toClipboard(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
