// @vitest-environment happy-dom

import { cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useStirred } from "./useStirred.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function stirred() {
  const then = vi.fn();
  const { rerender, unmount } = renderHook(({ what }) => useStirred(what, then, 1000), { initialProps: { what: 0 } });
  return { then, change: (what: number) => rerender({ what }), unmount };
}

test("nothing changed, nothing is asked", () => {
  const { then, change } = stirred();
  change(0);
  vi.advanceTimersByTime(5000);
  expect(then).not.toHaveBeenCalled();
});

test("many changes are asked about once in a while, and the last of them always", () => {
  const { then, change } = stirred();
  for (let second = 1; second <= 10; second++) {
    change(second);
    vi.advanceTimersByTime(300);
  }
  expect(then).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1000);
  expect(then).toHaveBeenCalledTimes(3);
  vi.advanceTimersByTime(10_000);
  expect(then).toHaveBeenCalledTimes(3);
});

test("who has left is not told", () => {
  const { then, change, unmount } = stirred();
  change(1);
  unmount();
  vi.advanceTimersByTime(5000);
  expect(then).not.toHaveBeenCalled();
});
