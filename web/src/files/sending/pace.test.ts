import { expect, test } from "vitest";
import { Pace, secondsFor } from "./pace.ts";

function paced(seconds: number, speed: (second: number) => number): number {
  const pace = new Pace();
  pace.moved(0, 0);
  for (let tenth = 1; tenth <= seconds * 10; tenth++) pace.moved(speed(tenth / 10) / 10, tenth * 100);
  return pace.speed;
}

test("a steady pace is told from its first second on", () => {
  expect(paced(1, () => 1000)).toBeCloseTo(1000);
  expect(paced(60, () => 1000)).toBeCloseTo(1000);
});

test("one burst changes little, and a lasting change is believed within seconds", () => {
  expect(paced(30, (second) => (second > 29.9 ? 5000 : 1000))).toBeLessThan(1100);
  const slower = paced(42, (second) => (second > 30 ? 100 : 1000));
  expect(slower).toBeLessThan(250);
  expect(slower).toBeGreaterThan(99);
});

test("after a rest nothing of before is known", () => {
  const pace = new Pace();
  pace.moved(0, 0);
  pace.moved(1000, 1000);
  pace.rest();
  expect(pace.speed).toBe(0);
});

test("what is left is only said when it is known", () => {
  expect(secondsFor(1000, 100)).toBe(10);
  expect(secondsFor(1000, 0)).toBeUndefined();
  expect(secondsFor(0, 0)).toBe(0);
});
