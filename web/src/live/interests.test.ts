import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Interests, LINGER } from "./interests.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("what two pages want is asked for once, until a while after the last has gone", () => {
  const changed = vi.fn();
  const interests = new Interests(changed);
  const one = interests.detailsOf("projects/a");
  const other = interests.detailsOf("projects/a");
  expect(changed).toHaveBeenCalledTimes(1);
  one();
  vi.advanceTimersByTime(LINGER);
  expect(interests.now().details).toEqual(["projects/a"]);
  other();
  other();
  vi.advanceTimersByTime(LINGER - 1);
  expect(interests.now().details).toEqual(["projects/a"]);
  vi.advanceTimersByTime(1);
  expect(interests.now().details).toEqual([]);
  expect(changed).toHaveBeenCalledTimes(2);
});

test("who comes back before it was let go is not told anew", () => {
  const changed = vi.fn();
  const interests = new Interests(changed);
  interests.readingsOf("nodes/n")();
  interests.readingsOf("nodes/n");
  vi.advanceTimersByTime(LINGER);
  expect(interests.now().readings).toEqual(["nodes/n"]);
  expect(changed).toHaveBeenCalledTimes(1);
});

test("what is left shortly after each other is let go at once", () => {
  const changed = vi.fn();
  const interests = new Interests(changed);
  const leave = Array.from({ length: 14 }, (_, index) => interests.readingsOf(`nodes/n${index}`));
  const late = interests.readingsOf("nodes/late");
  changed.mockClear();
  for (const one of leave) {
    one();
    vi.advanceTimersByTime(100);
  }
  vi.advanceTimersByTime(3_000);
  late();
  vi.advanceTimersByTime(LINGER - 1);
  expect(changed).toHaveBeenCalledTimes(1);
  expect(interests.now().readings).toEqual(["nodes/late"]);
  vi.advanceTimersByTime(1);
  expect(interests.now().readings).toEqual([]);
});
