import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { FileKind, FileSchema } from "../api/winslow/v1/file_pb.ts";
import { BY_NAME, ordered, ordering, turned } from "./order.ts";

const file = (baseName: string, size = 0, time = 0, kind = FileKind.FILE) =>
  create(FileSchema, {
    baseName,
    path: `resources/${baseName}`,
    size: BigInt(size),
    kind,
    modifyTime: timestampFromMs(time),
  });
const names = (files: readonly { baseName: string }[]) => files.map(({ baseName }) => baseName);

test("numbers in names count as numbers, and folders come first", () => {
  const files = [file("f10"), file("f9"), file("z", 0, 0, FileKind.DIRECTORY)];
  expect(names(ordered(files, BY_NAME))).toEqual(["z", "f9", "f10"]);
  expect(names(ordered(files, { by: "name", direction: "descending" }))).toEqual(["z", "f10", "f9"]);
});

test("the largest and the newest come first at the first click", () => {
  expect(turned(BY_NAME, "size")).toEqual({ by: "size", direction: "descending" });
  expect(turned(turned(BY_NAME, "time"), "time").direction).toBe("ascending");
  const files = [file("a", 1, 5), file("b", 3, 1), file("c", 3, 9)];
  expect(names(ordered(files, { by: "size", direction: "descending" }))).toEqual(["b", "c", "a"]);
  expect(names(ordered(files, { by: "time", direction: "descending" }))).toEqual(["c", "a", "b"]);
});

test("of very many files names are put in the same order", () => {
  const wished = ["Äpfel 2", "apfel 10", "b", "f9", "f010", "F11"];
  const rest = Array.from({ length: 12_000 }, (_, index) => `z${String(index).padStart(index % 7, "0")}`);
  const files = [...[...wished].reverse(), ...[...rest].reverse()].map((name) => file(name));
  expect(names(ordered(files, BY_NAME))).toEqual([...wished, ...rest]);
  expect(names(ordered(files, { by: "name", direction: "descending" })).at(-1)).toBe("Äpfel 2");
});

test("what is put in order piece by piece ends as what is put in order at once", () => {
  const files = Array.from({ length: 20_000 }, (_, index) => {
    const number = (index * 7919) % 20_000;
    return file(`f ${number}`, number % 50, number % 7, number % 100 ? FileKind.FILE : FileKind.DIRECTORY);
  });
  for (const by of ["name", "size", "time", "kind"] as const) {
    const work = ordering(files, { by, direction: "descending" });
    let step = work.next();
    let pauses = 0;
    for (; !step.done; step = work.next()) pauses++;
    expect(step.value).toEqual(ordered(files, { by, direction: "descending" }));
    expect(pauses).toBeGreaterThan(5);
  }
});
