import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { GetStatisticsResponse_HourSchema } from "../api/winslow/v1/statistics_service_pb.ts";
import { gridOf, OFFICE, percent, startsOf, waitWords, workingOf } from "./figures.ts";

const hour = (weekday: number, at: number, byHand: number, byWinslow: number, running = 0) =>
  create(GetStatisticsResponse_HourSchema, {
    weekday,
    hour: at,
    running,
    startedByHand: BigInt(byHand),
    startedByWinslow: BigInt(byWinslow),
  });

test("starts outside of working hours are those at night and at the weekend, by whomever", () => {
  const hours = [hour(0, 9, 1, 2), hour(0, 18, 0, 4), hour(5, 9, 1, 0), hour(4, 17, 1, 0)];
  expect(startsOf(hours, OFFICE)).toEqual({ all: 9, byWinslow: 6, outside: 5 });
});

test.each([
  ["6-0-24", { lastDay: 6, from: 0, until: 24 }],
  ["4-18-8", OFFICE],
  ["9-8-18", OFFICE],
  ["nonsense", OFFICE],
  [undefined, OFFICE],
])("working hours said as %s", (text, working) => {
  expect(workingOf(text)).toEqual(working);
});

test("a week has each hour once, also those in which nothing happened", () => {
  const grid = gridOf([hour(6, 23, 0, 0, 1.5)], "running");
  expect(grid.map((row) => row.length)).toEqual([24, 24, 24, 24, 24, 24, 24]);
  expect(grid.flat().reduce((sum, value) => sum + value)).toBe(1.5);
  expect(grid[6]?.[23]).toBe(1.5);
});

test("reasons that this page does not know are told as well as can be", () => {
  expect(waitWords("AWAITING_INPUT")).toBe("A person");
  expect(waitWords("SOMETHING_NEW")).toBe("Something new");
});

test.each([
  [0, 0, "0 %"],
  [1, 1000, "<1 %"],
  [1, 3, "33 %"],
])("%i of %i is %s", (part, whole, said) => {
  expect(percent(part, whole)).toBe(said);
});
