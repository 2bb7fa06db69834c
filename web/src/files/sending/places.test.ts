import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { ErrorInfoSchema } from "../../api/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../api/google/rpc/status_pb.ts";
import { FileKind } from "../../api/winslow/v1/file_pb.ts";
import type { Services } from "../../rpc/services.ts";
import { beside, looked, roomFault } from "./places.ts";

function holding(...there: string[]) {
  const calls: number[] = [];
  const missing = create(StatusSchema, {
    message: "nothing there",
    details: [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: "FILE_NOT_FOUND" }))],
  });
  const files = {
    statFiles: async ({ paths }: { paths: string[] }) => {
      calls.push(paths.length);
      return {
        outcomes: paths.map((path) =>
          there.includes(path)
            ? { file: { kind: path.endsWith("/") ? FileKind.DIRECTORY : FileKind.FILE }, error: new Uint8Array() }
            : { error: toBinary(StatusSchema, missing) },
        ),
      };
    },
  } as unknown as Services["files"];
  return { files, calls };
}

test("many places are looked at in few calls", async () => {
  const { files, calls } = holding("resources/7");
  const places = await looked(
    files,
    Array.from({ length: 1000 }, (_, index) => `resources/${index}`),
  );
  expect(calls).toEqual([512, 488]);
  expect(places.filter((place) => place === "file")).toHaveLength(1);
  expect(places[7]).toBe("file");
});

test("two of one name beside each other are given two names", async () => {
  const { files } = holding("r/a.txt", "r/a (2).txt");
  expect(await beside(files, ["r/a.txt", "r/a.txt"], new Set(["r/a (4).txt"]))).toEqual(["r/a (5).txt", "r/a (3).txt"]);
});

test("what a quota has no room for is said before it is sent", async () => {
  const services = {
    projects: { getProject: async () => ({ quota: 1000n }) },
    files: { getFileUsage: async () => ({ size: 900n }) },
  } as unknown as Services;
  expect(await roomFault(services, "p", 100)).toBe("");
  expect(await roomFault(services, "p", 101)).toContain("leaves 100 B");
});
