import { expect, test } from "vitest";
import { FileKind } from "../api/winslow/v1/file_pb.ts";
import {
  above,
  another,
  archiveAddress,
  faultOf,
  inContainer,
  isPool,
  isRecord,
  isWithin,
  kindWord,
  shown,
  takesFiles,
} from "./paths.ts";

test("people may put files into pools and beneath them, and nowhere else", () => {
  for (const path of ["resources", "resources/models", "projects/p/input", "projects/p/workspace/a/b"])
    expect(takesFiles(path)).toBe(true);
  for (const path of ["", "projects", "projects/p", "projects/p/output/x", "projects/p/stages/s/workspace"])
    expect(takesFiles(path)).toBe(false);
});

test("a pool is no folder to move", () => {
  expect(isPool("resources")).toBe(true);
  expect(isPool("projects/p/input")).toBe(true);
  expect(isPool("projects/p/input/a")).toBe(false);
  expect(isPool("resources/models/a.onnx")).toBe(false);
});

test("what an attempt made is told apart", () => {
  expect(isRecord("projects/p/stages/s/workspace/a")).toBe(true);
  expect(isRecord("projects/p/output")).toBe(true);
  expect(isRecord("projects/p/outputs")).toBe(false);
});

test.each([
  ["resources/a.bin", "/resources/a.bin"],
  ["projects/p/input", "/input"],
  ["projects/p/input/clips/a.mp4", "/input/clips/a.mp4"],
  ["projects/p/workspace/x", "/workspace/x"],
  ["projects/p/stages/s/output/o.json", "/output/o.json"],
  ["projects/p/output/detect/o.json", undefined],
  ["projects/p", undefined],
])("%s is %s in a container", (path, within) => {
  expect(inContainer(path)).toBe(within);
});

test("another name keeps the end and is free", () => {
  expect(another("clip.mp4", () => false)).toBe("clip (2).mp4");
  expect(another("clip.mp4", (name) => name === "clip (2).mp4")).toBe("clip (3).mp4");
  expect(another(".env", () => false)).toBe(".env (2)");
});

test("names that cannot be are refused before they are sent", () => {
  expect(faultOf("a b.txt")).toBeUndefined();
  for (const name of ["", "  ", ".", "..", "a/b", "é".repeat(128)]) expect(faultOf(name)).toBeDefined();
});

test("a name cannot hide what it is", () => {
  expect(shown("photo\u202egnp.exe")).toBe("photo⟨U+202E⟩gnp.exe");
  expect(shown("a\nb")).toBe("a⟨U+000A⟩b");
});

test("kinds are said in words", () => {
  expect(kindWord(FileKind.FILE, "video/mp4", "a.mp4")).toBe("MP4 video");
  expect(kindWord(FileKind.FILE, "", "Makefile")).toBe("File");
  expect(kindWord(FileKind.DIRECTORY, "", "a")).toBe("Folder");
});

test("an archive's address escapes its paths", () => {
  expect(archiveAddress(["projects/p/input/a&b"], "zip")).toBe("/archive?path=projects%2Fp%2Finput%2Fa%26b&format=zip");
});

test("beneath is by whole names", () => {
  expect(isWithin("a/b", "a")).toBe(true);
  expect(isWithin("ab", "a")).toBe(false);
  expect(above("a/b/c")).toBe("a/b");
});
