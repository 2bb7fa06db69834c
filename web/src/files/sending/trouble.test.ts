import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ErrorInfoSchema } from "../../api/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../api/google/rpc/status_pb.ts";
import { outcomeTrouble, pauseAfter, troubleOf } from "./trouble.ts";

const answer = (status: number, body: object | string) =>
  Object.assign(new Error("tus"), {
    originalResponse: {
      getStatus: () => status,
      getBody: () => (typeof body === "string" ? body : JSON.stringify(body)),
    },
  });

test("a cut passes, and so does a node that is not ready", () => {
  expect(troubleOf(Object.assign(new Error("tus"), { originalResponse: null })).passes).toBe(true);
  expect(troubleOf(answer(503, { message: "Cut off", reason: "ETCD_UNAVAILABLE" })).passes).toBe(true);
  expect(troubleOf(answer(502, "Bad gateway")).passes).toBe(true);
  expect(troubleOf(new ConnectError("gone", Code.Unavailable)).passes).toBe(true);
});

test("a full disk is waited for, and said", () => {
  const body = { message: "No room for 5 GiB", hint: "Delete something", reason: "DISK_FULL" };
  expect(troubleOf(answer(507, body))).toEqual({
    why: "No room for 5 GiB. Delete something",
    reason: "DISK_FULL",
    passes: true,
  });
});

test("what is refused stays refused, in the node's own words", () => {
  expect(troubleOf(answer(409, { message: "It is there", reason: "FILE_EXISTS" }))).toEqual({
    why: "It is there",
    reason: "FILE_EXISTS",
    passes: false,
  });
  expect(troubleOf(answer(500, "<html>")).why).toBe("The node answered with 500");
});

test("what became of one of many files is read as a call's end", () => {
  const info = create(ErrorInfoSchema, { reason: "FILE_EXISTS", metadata: { hint: "Replace it" } });
  const status = create(StatusSchema, { message: "It is there", details: [anyPack(ErrorInfoSchema, info)] });
  expect(outcomeTrouble(toBinary(StatusSchema, status))).toEqual({
    why: "It is there. Replace it",
    reason: "FILE_EXISTS",
    passes: false,
  });
});

test("rests grow, to a quarter of a minute", () => {
  expect([0, 1, 2, 9, 99].map(pauseAfter)).toEqual([500, 1000, 2000, 15_000, 15_000]);
});
