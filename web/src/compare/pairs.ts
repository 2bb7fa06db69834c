// What there is to look at of two attempts: files of the same path beside each other, what is worth a look first. Pure.
import { type File, FileKind } from "../api/winslow/v1/file_pb.ts";
import { isWithin } from "../files/paths.ts";
import { type Look, lookOf } from "../files/preview/kinds.ts";

export type Mark = "added" | "removed" | "changed" | "same" | "unknown";

export interface Pair {
  /** Beneath the attempt: `output/tracks.png`. */
  path: string;
  look: Look;
  before: File | undefined;
  after: File | undefined;
  mark: Mark;
}

/** What is looked at rather than read: the order in which people look. */
const LOOKED: readonly Look[] = ["video", "picture", "audio", "table", "tree"];
const RANK = new Map(LOOKED.map((look, index) => [look, index]));
const FRESH: Record<Mark, number> = { changed: 0, added: 0, removed: 1, unknown: 2, same: 3 };

/** The path of `file` beneath its attempt, `root` being `projects/P/stages/S`. */
export function beneath(file: Pick<File, "path">, root: string): string {
  return isWithin(file.path, root) ? file.path.slice(root.length + 1) : file.path;
}

/**
 * Files worth a look, by their paths beneath `after` and `before`, which are stages' names; what an attempt gave out comes
 * before its workspace, and what differs before what is the same. `before` "" stands for no other attempt.
 */
export function pairsOf(
  after: { root: string; files: readonly File[] },
  before: { root: string; files: readonly File[] },
): Pair[] {
  const found = new Map<string, { before?: File; after?: File }>();
  for (const file of looked(after.files)) found.set(beneath(file, after.root), { after: file });
  for (const file of looked(before.files)) {
    const path = beneath(file, before.root);
    found.set(path, { ...found.get(path), before: file });
  }
  const pairs = [...found].map(([path, pair]): Pair => {
    const file = pair.after ?? pair.before;
    return {
      path,
      look: file ? lookOf(file) : "unknown",
      before: pair.before,
      after: pair.after,
      mark: before.root ? markOf(pair.before, pair.after) : "unknown",
    };
  });
  return pairs.sort(
    (one, other) =>
      place(one) - place(other) ||
      FRESH[one.mark] - FRESH[other.mark] ||
      (RANK.get(one.look) ?? 9) - (RANK.get(other.look) ?? 9) ||
      (one.path < other.path ? -1 : 1),
  );
}

function looked(files: readonly File[]): File[] {
  return files.filter((file) => file.kind === FileKind.FILE && file.size > 0n && RANK.has(lookOf(file)));
}

const place = ({ path }: Pair) => (path.startsWith("output/") ? 0 : 1);

/** What can be told without reading them: another size is another content, the same size and time the same. */
export function markOf(before: File | undefined, after: File | undefined): Mark {
  if (!before || !after) return before ? "removed" : "added";
  if (before.sha256 && after.sha256) return before.sha256 === after.sha256 ? "same" : "changed";
  if (before.size !== after.size) return "changed";
  return sameTime(before, after) ? "same" : "unknown";
}

function sameTime({ modifyTime: one }: File, { modifyTime: other }: File): boolean {
  return one !== undefined && one.seconds === other?.seconds && one.nanos === other.nanos;
}

/** The pairs with what reading them showed; `differing` are the paths beneath the attempts, all of them when `whole`. */
export function marked(pairs: readonly Pair[], differing: ReadonlySet<string>, whole: boolean): Pair[] {
  return pairs.map((pair) => {
    if (pair.mark !== "unknown") return pair;
    if (differing.has(pair.path)) return { ...pair, mark: "changed" };
    return whole ? { ...pair, mark: "same" } : pair;
  });
}
