import { expect, test } from "vitest";
import { fake } from "./fakes.ts";
import { groupedRows, plainRows } from "./grouping.ts";

const projects = [fake("a", { tags: ["night", "rain"] }), fake("b"), fake("c", { tags: ["night"] })];
const said = (rows: ReturnType<typeof plainRows>) =>
  rows.map((row) => (row.kind === "heading" ? `${row.tag || "none"}: ${row.count}` : row.project.displayName));

test("a project is under each of its tags, and those without any come last", () => {
  expect(said(groupedRows(projects, new Set()))).toEqual(["night: 2", "a", "c", "rain: 1", "a", "none: 1", "b"]);
});

test("what is folded shows how many are in it", () => {
  expect(said(groupedRows(projects, new Set(["night", ""])))).toEqual(["night: 2", "rain: 1", "a", "none: 1"]);
});

test("each row has a key of its own, and is the same object each time", () => {
  const [once, again] = [groupedRows(projects, new Set()), groupedRows(projects, new Set())];
  expect(new Set(once.map(({ key }) => key)).size).toBe(once.length);
  expect(once.filter(({ kind }) => kind === "project").every((row) => again.includes(row))).toBe(true);
  expect(plainRows(projects)[0]).toBe(plainRows(projects)[0]);
});
