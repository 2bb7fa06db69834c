// Small files, many in one call: a request for each would cost more than the files. Which go together is decided here.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Services } from "../../rpc/services.ts";
import { requestId } from "../../rpc/useAct.ts";
import { digestOf } from "./digest.ts";
import { outcomeTrouble, type Trouble } from "./trouble.ts";

/** Bytes of the largest file that goes with others. */
export const SMALL = 2 ** 20;
/** What a call takes. */
const BYTES = 4 * 2 ** 20 - 64 * 2 ** 10;
const COUNT = 512;

interface Sized {
  size: number;
  replace: boolean;
}

/** How many of `next`, from the first on, go in one call. */
export function together(next: Iterable<Sized>): number {
  let [count, bytes] = [0, 0];
  let replace: boolean | undefined;
  for (const one of next) {
    bytes += one.size;
    replace ??= one.replace;
    if (one.size > SMALL || bytes > BYTES || count >= COUNT || one.replace !== replace) break;
    count++;
  }
  return count;
}

interface Small extends Sized {
  file: File;
  path: string;
}

/** What became of each, in their order: undefined where all went well. Sent twice, they are sent once. */
export async function putTogether(
  files: Services["files"],
  some: readonly Small[],
  signal: AbortSignal,
): Promise<(Trouble | undefined)[]> {
  const read = await Promise.all(some.map(given));
  const there = read.filter((one) => one !== undefined);
  const { outcomes } = there.length
    ? await files.putFiles({ requestId: requestId(), files: there, replace: some[0]?.replace ?? false }, { signal })
    : { outcomes: [] };
  const told = outcomes.values();
  return read.map((one) => {
    if (!one) return GONE;
    const outcome = told.next().value;
    return outcome?.error.length ? outcomeTrouble(outcome.error) : undefined;
  });
}

export const GONE: Trouble = {
  why: "The file is no longer there, or has changed since it was chosen. Choose it again",
  reason: "FILE_GONE",
  passes: false,
};

async function given({ file, path }: Small) {
  const data = await file.arrayBuffer().then(
    (buffer) => new Uint8Array(buffer),
    () => undefined,
  );
  return data && { path, data, sha256: await digestOf(data), modifyTime: timestampFromMs(file.lastModified) };
}
