import { expect, test, vi } from "vitest";
import { Grounds } from "./grounds.ts";

function folder(tree: Record<string, unknown>, permission: PermissionState = "granted") {
  const ask = vi.fn(async () => permission);
  const handle = {
    queryPermission: async () => "prompt" as const,
    requestPermission: ask,
    getDirectoryHandle: async (name: string) => folder(tree[name] as Record<string, unknown>).handle,
    getFileHandle: async (name: string) => {
      if (!(name in tree)) throw new DOMException("gone", "NotFoundError");
      return { getFile: async () => new File([tree[name] as string], name) };
    },
  } as unknown as FileSystemHandle;
  return { handle, ask };
}

test("a file of a dropped folder is found again, and the person is asked once for all of them", async () => {
  const { handle, ask } = folder({ a: { "b.txt": "text" }, "c.txt": "c" });
  const grounds = new Grounds([{ id: "g", handle }]);
  const found = await grounds.file("g", ["a", "b.txt"]);
  expect(found instanceof File && (await found.text())).toBe("text");
  expect(await grounds.file("g", ["c.txt"])).toBeInstanceOf(File);
  expect(ask).toHaveBeenCalledTimes(1);
});

test("what is gone is not found, and what may not be read is not taken for gone", async () => {
  const grounds = new Grounds([
    { id: "g", handle: folder({}).handle },
    { id: "no", handle: folder({ "a.txt": "a" }, "denied").handle },
  ]);
  expect(await grounds.file("g", ["a.txt"])).toBeUndefined();
  expect(await grounds.file("no", ["a.txt"])).toBe("denied");
  expect(await grounds.file("unknown", ["a.txt"])).toBeUndefined();
});
