// How entries that are all here may be put in order; folders stand before files, whichever way. Pure.
import { type File, FileKind } from "../api/winslow/v1/file_pb.ts";
import { kindWord } from "./paths.ts";

export interface Sorting {
  by: "name" | "kind" | "size" | "time";
  direction: "ascending" | "descending";
}

export const BY_NAME: Sorting = { by: "name", direction: "ascending" };
const NAMES = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Of so many and more, names are compared by the numbers of their letters: by a language's rules 200,000 of them take seconds. */
export const MANY = 10_000;

/** A file with what it is compared by. */
interface Keyed {
  file: File;
  /** Folders first, whichever way. */
  rank: 0 | 1;
  by: string | number;
  name: string;
}
type Compare = (one: Keyed, other: Keyed) => number;

export function ordered(files: readonly File[], sorting: Sorting): readonly File[] {
  const many = files.length >= MANY;
  const keyed = files.map((file) => keyOf(file, sorting.by, many));
  return keyed.sort(comparing(sorting, many)).map(({ file }) => file);
}

/** The same, with a pause after each few thousand, so that a page can be used meanwhile; for many files. */
export function* ordering(files: readonly File[], sorting: Sorting): Generator<undefined, readonly File[]> {
  const compare = comparing(sorting, true);
  let runs: Keyed[][] = [];
  for (let at = 0; at < files.length; at += STEP) {
    const run = files.slice(at, at + STEP).map((file) => keyOf(file, sorting.by, true));
    runs.push(run.sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const next: Keyed[][] = [];
    for (let at = 0; at < runs.length; at += 2) next.push(yield* merged(runs[at] ?? [], runs[at + 1] ?? [], compare));
    runs = next;
  }
  return (runs[0] ?? []).map(({ file }) => file);
}

const STEP = 4096;

function* merged(one: readonly Keyed[], other: readonly Keyed[], compare: Compare): Generator<undefined, Keyed[]> {
  const both: Keyed[] = [];
  let [at, beside] = [0, 0];
  for (;;) {
    const [first, second] = [one[at], other[beside]];
    if (first === undefined && second === undefined) return both;
    const takes = second === undefined || (first !== undefined && compare(first, second) <= 0);
    both.push((takes ? first : second) as Keyed);
    if (takes) at++;
    else beside++;
    if (both.length % STEP === 0) yield;
  }
}

function comparing({ direction }: Sorting, many: boolean): Compare {
  const sign = direction === "ascending" ? 1 : -1;
  const names = many ? plainly : NAMES.compare;
  const values = (one: string | number, other: string | number) =>
    typeof one === "number" ? one - Number(other) : names(one, String(other));
  return (one, other) =>
    one.rank - other.rank ||
    sign * values(one.by, other.by) ||
    names(one.name, other.name) ||
    plainly(one.file.path, other.file.path);
}

const plainly = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);

function keyOf(file: File, by: Sorting["by"], many: boolean): Keyed {
  const name = many ? plain(file.baseName) : file.baseName;
  const value = {
    name: () => name,
    kind: () => kindWord(file.kind, file.mediaType, file.baseName),
    size: () => Number(file.size),
    time: () => (file.modifyTime ? Number(file.modifyTime.seconds) + file.modifyTime.nanos / 1e9 : 0),
  }[by]();
  return { file, rank: file.kind === FileKind.DIRECTORY ? 0 : 1, by: value, name };
}

/** A name without marks and capitals, and with numbers that are equally long. */
function plain(name: string): string {
  const letters = /^[ -~]*$/.test(name) ? name : name.normalize("NFKD").replace(/\p{M}/gu, "");
  return letters.toLowerCase().replace(/\d+/g, (number) => number.replace(/^0+/, "").padStart(20, "0"));
}

/** The order when a column is clicked that `now` may be in already. */
export function turned(now: Sorting, by: Sorting["by"]): Sorting {
  if (now.by === by) return { by, direction: now.direction === "ascending" ? "descending" : "ascending" };
  return { by, direction: by === "size" || by === "time" ? "descending" : "ascending" };
}
