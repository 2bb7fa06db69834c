import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { FileKind, FileSchema } from "../api/winslow/v1/file_pb.ts";
import { marked, markOf, pairsOf } from "./pairs.ts";

const BEFORE = "projects/p/stages/a-1-1-x";
const AFTER = "projects/p/stages/a-2-1-x";
function file(root: string, path: string, size = 10n, more: { time?: number; kind?: FileKind; sha256?: string } = {}) {
  return create(FileSchema, {
    path: `${root}/${path}`,
    baseName: path.slice(path.lastIndexOf("/") + 1),
    kind: more.kind ?? FileKind.FILE,
    size,
    mediaType: /\.(png|jpg)$/.test(path) ? "image/png" : "",
    sha256: more.sha256 ?? "",
    ...(more.time === undefined ? {} : { modifyTime: timestampFromMs(more.time) }),
  });
}

test("files of the same path stand beside each other: what was given out first, what differs before what is the same", () => {
  const pairs = pairsOf(
    {
      root: AFTER,
      files: [
        file(AFTER, "workspace/frames/1.png", 10n, { time: 1 }),
        file(AFTER, "output/tracks.csv", 12n),
        file(AFTER, "output/clip.webm", 99n),
        file(AFTER, "output/notes.bin"),
        file(AFTER, "output/dir.png", 0n, { kind: FileKind.DIRECTORY }),
      ],
    },
    {
      root: BEFORE,
      files: [
        file(BEFORE, "workspace/frames/1.png", 10n, { time: 1 }),
        file(BEFORE, "output/tracks.csv", 11n),
        file(BEFORE, "workspace/old.jpg"),
      ],
    },
  );
  expect(pairs.map(({ path, mark }) => [path, mark])).toEqual([
    ["output/clip.webm", "added"],
    ["output/tracks.csv", "changed"],
    ["workspace/old.jpg", "removed"],
    ["workspace/frames/1.png", "same"],
  ]);
  expect(pairs[1]?.before?.size).toBe(11n);
});

test("alone, nothing is said to have been added", () => {
  const [pair] = pairsOf({ root: AFTER, files: [file(AFTER, "output/a.png")] }, { root: "", files: [] });
  expect(pair?.mark).toBe("unknown");
});

test("what can be told without reading is told; the rest waits for who reads", () => {
  const one = file(BEFORE, "a.png", 10n, { time: 1 });
  expect(markOf(one, file(AFTER, "a.png", 11n, { time: 1 }))).toBe("changed");
  expect(markOf(one, file(AFTER, "a.png", 10n, { time: 2 }))).toBe("unknown");
  expect(markOf(file(BEFORE, "a.png", 10n, { sha256: "aa" }), file(AFTER, "a.png", 10n, { sha256: "aa" }))).toBe(
    "same",
  );
});

test("reading settles it: listed is changed, not listed is the same once all was read", () => {
  const pairs = pairsOf(
    {
      root: AFTER,
      files: [file(AFTER, "output/a.png", 10n, { time: 2 }), file(AFTER, "output/b.png", 10n, { time: 2 })],
    },
    {
      root: BEFORE,
      files: [file(BEFORE, "output/a.png", 10n, { time: 1 }), file(BEFORE, "output/b.png", 10n, { time: 1 })],
    },
  );
  const differing = new Set(["output/a.png"]);
  expect(marked(pairs, differing, false).map(({ mark }) => mark)).toEqual(["changed", "unknown"]);
  expect(marked(pairs, differing, true).map(({ mark }) => mark)).toEqual(["changed", "same"]);
});
