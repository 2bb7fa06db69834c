// @vitest-environment happy-dom

import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ReadingSchema } from "../api/winslow/v1/node_pb.ts";
import { useGathered, useInSight } from "./useLiveReading.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const wait = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds));

test("what is scrolled past is not asked for; what stays is, all of it at once", () => {
  const passed = renderHook(useInSight);
  wait(300);
  passed.unmount();
  const first = renderHook(useInSight);
  wait(400);
  const second = renderHook(useInSight);
  wait(400);
  expect([passed, first, second].map((one) => one.result.current)).toEqual([false, false, false]);
  wait(300);
  expect([passed, first, second].map((one) => one.result.current)).toEqual([false, true, true]);
});

const reading = (second: number) => create(ReadingSchema, { time: timestampFromMs(second * 1000), seconds: 1 });

test("readings are gathered as they come, none twice, and anew for another node", () => {
  const { result, rerender } = renderHook(({ subject, at }) => useGathered(subject, at), {
    initialProps: { subject: "nodes/a", at: undefined as ReturnType<typeof reading> | undefined },
  });
  for (const second of [1, 2, 2, 3]) rerender({ subject: "nodes/a", at: reading(second) });
  expect(result.current.map((one) => Number(one.time?.seconds))).toEqual([1, 2, 3]);
  rerender({ subject: "nodes/b", at: undefined });
  expect(result.current).toEqual([]);
});
