import { expect, test } from "vitest";
import { EMPTY, missingOf, NONE_YET, nameOf, requestOf, sizeOf, within } from "./making.ts";

const gathered = (...paths: string[]) => ({
  wishes: paths.map((path) => ({ file: new File(["12345"], path), path })),
  folders: [],
});

test("it needs a name and a pipeline, and says which is missing", () => {
  expect(missingOf(EMPTY)).toBe("It needs a name");
  expect(missingOf({ ...EMPTY, name: " " })).toBe("It needs a name");
  expect(missingOf({ ...EMPTY, name: "a" })).toContain("pipeline");
  expect(missingOf({ ...EMPTY, name: "a", pipeline: "pipelines/traffic" })).toBe(undefined);
});

test.each([
  [["Rua_Augusta 2026.mp4"], "Rua Augusta 2026"],
  [["night/a.mp4", "night/b.mp4"], "night"],
  [["a.mp4", "b.mp4"], ""],
  [[], ""],
])("%s is called %s unless somebody says otherwise", (paths, name) => {
  expect(nameOf(gathered(...paths))).toBe(name);
});

test("files go into the project's input, with their folders", () => {
  const { wishes, folders } = within({ ...gathered("a.mp4", "d/b.mp4"), folders: ["e"] }, "projects/p");
  expect(wishes.map(({ path }) => path)).toEqual(["projects/p/input/a.mp4", "projects/p/input/d/b.mp4"]);
  expect(folders).toEqual(["projects/p/input/e"]);
  expect(sizeOf(gathered("a", "b"))).toBe(10);
});

test("one of files alone is made without a pipeline", () => {
  const files = { ...EMPTY, name: "a", pipeline: NONE_YET };
  expect(missingOf(files)).toBe(undefined);
  expect(requestOf(files).pipeline).toBe("");
});

test("what is said around a name is not part of it", () => {
  expect(requestOf({ ...EMPTY, name: " a " }).project.displayName).toBe("a");
});
