import { expect, test } from "vitest";
import { instant, shownTime } from "./times.ts";

test("times are read to the millisecond, and what is none is none", () => {
  expect(instant("2026-01-01T00:00:01.987654321Z")).toBe(Date.UTC(2026, 0, 1, 0, 0, 1, 987));
  expect(instant("2026-01-01T00:00:01Z")).toBe(Date.UTC(2026, 0, 1, 0, 0, 1));
  expect(instant("<script>")).toBeNaN();
  expect(shownTime("nothing", "zone", 0)).toBe("");
});

test("times are counted from the beginning, or left out", () => {
  const time = "2026-01-01T01:02:03.456Z";
  expect(shownTime(time, "relative", Date.UTC(2026, 0, 1))).toBe("+1:02:03.456");
  expect(shownTime(time, "relative", Date.UTC(2026, 0, 1, 1, 2, 4))).toBe("-0:00:00.544");
  expect(shownTime(time, "off", 0)).toBe("");
  expect(shownTime(time, "zone", 0)).toMatch(/^\d\d.\d\d.\d\d\.456$/);
});
