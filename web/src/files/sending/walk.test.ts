import { expect, test } from "vitest";
import { chosen, dropped } from "./walk.ts";

type Tree = { [name: string]: Tree | string };

/** What a browser tells of a dropped folder, a few entries at a time. */
function entry(name: string, tree: Tree | string): FileSystemEntry {
  if (typeof tree === "string") {
    const file = (done: (file: File) => void) => done(new File([tree], name));
    return { name, isFile: true, isDirectory: false, file } as unknown as FileSystemEntry;
  }
  const createReader = () => {
    const left = Object.entries(tree).map(([name, beneath]) => entry(name, beneath));
    return { readEntries: (done: (some: FileSystemEntry[]) => void) => done(left.splice(0, 2)) };
  };
  return { name, isFile: false, isDirectory: true, createReader } as unknown as FileSystemEntry;
}

function data(tree: Tree, handle?: FileSystemHandle): DataTransfer {
  const items = Object.entries(tree).map(([name, beneath]) => ({
    kind: "file",
    webkitGetAsEntry: () => entry(name, beneath),
    getAsFile: () => null,
    ...(handle ? { getAsFileSystemHandle: async () => handle } : {}),
  }));
  return { items: [...items, { kind: "string" }] } as unknown as DataTransfer;
}

test("folders are walked to their ends, and empty ones are not lost", async () => {
  const tree = {
    clips: { "a.mp4": "a", "b.mp4": "b", "c.mp4": "c", more: { deep: { "d.mp4": "d" } }, none: {} },
    "e.txt": "e",
  };
  const { wishes, folders } = await dropped(data(tree), "projects/p/input");
  expect(wishes.map(({ path }) => path)).toEqual([
    "projects/p/input/clips/a.mp4",
    "projects/p/input/clips/b.mp4",
    "projects/p/input/clips/c.mp4",
    "projects/p/input/clips/more/deep/d.mp4",
    "projects/p/input/e.txt",
  ]);
  expect(folders).toEqual(["projects/p/input/clips/none"]);
});

test("how a file is found again leads from what was dropped", async () => {
  const handle = { kind: "directory", name: "clips" } as FileSystemHandle;
  const { wishes } = await dropped(data({ clips: { more: { "d.mp4": "d" } } }, handle), "resources");
  expect(wishes[0]?.within).toEqual(["more", "d.mp4"]);
  expect(wishes[0]?.ground?.handle).toBe(handle);
});

test("files of a chosen folder keep their places in it", () => {
  const file = new File(["a"], "a.txt");
  Object.defineProperty(file, "webkitRelativePath", { value: "folder/a.txt" });
  expect(chosen([file, new File(["b"], "b.txt")], "resources").map(({ path }) => path)).toEqual([
    "resources/folder/a.txt",
    "resources/b.txt",
  ]);
});
