// @vitest-environment happy-dom

import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { drafts } from "./drafts.ts";
import { type Base, saved, takeTheirs } from "./editing.ts";
import { useEditing } from "./useEditing.ts";

const one: Base = { text: "name: one\n", revision: 1n };
const two: Base = { text: "name: two\n", revision: 2n };
const mine = "name: mine\n";
const NAME = "pipelines/p";

beforeEach(() => {
  vi.useFakeTimers();
  window.localStorage.clear();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const opened = (base: Base = one, asIs = false) =>
  renderHook(({ base, asIs }) => useEditing(NAME, base, asIs), { initialProps: { base, asIs } });

test("what was typed is there when one comes back, and said to be what was not saved", () => {
  const first = opened();
  act(() => first.result.current.type(mine));
  first.unmount();
  const again = opened();
  expect(again.result.current.editing.text).toBe(mine);
  expect(again.result.current.dirty).toBe(true);
  expect(again.result.current.restored).toBe(Date.now());
});

test("a draft is kept a moment after the last letter, and at once when the page goes", () => {
  const { result } = opened();
  act(() => result.current.type("a"));
  expect(drafts.kept(NAME)).toBeUndefined();
  act(() => vi.advanceTimersByTime(1000));
  expect(drafts.kept(NAME)?.text).toBe("a");
  act(() => result.current.type("ab"));
  window.dispatchEvent(new Event("pagehide"));
  expect(drafts.kept(NAME)?.text).toBe("ab");
});

test("what was saved, or typed back to what it was, leaves no draft", () => {
  const { result, unmount } = opened();
  act(() => result.current.type(mine));
  act(() => vi.advanceTimersByTime(1000));
  act(() => result.current.become(saved(two)));
  act(() => vi.advanceTimersByTime(1000));
  expect(drafts.kept(NAME)).toBeUndefined();
  expect(result.current.dirty).toBe(false);
  unmount();
  expect(drafts.kept(NAME)).toBeUndefined();
});

test("somebody else saves meanwhile: both are there, until one is chosen", () => {
  const { result, rerender } = opened();
  act(() => result.current.type(mine));
  rerender({ base: two, asIs: false });
  expect(result.current.editing).toEqual({ text: mine, base: one, theirs: two });
  act(() => result.current.become(takeTheirs(result.current.editing)));
  expect(result.current.editing).toEqual(saved(two));
});

test("while it is being saved, what the stream tells is not taken for somebody else's", () => {
  const { result, rerender } = opened();
  act(() => result.current.type(mine));
  rerender({ base: one, asIs: true });
  const now: Base = { text: "name: mine # written out\n", revision: 2n };
  rerender({ base: now, asIs: true });
  act(() => result.current.become(saved(now)));
  rerender({ base: now, asIs: false });
  expect(result.current.editing).toEqual(saved(now));
});
