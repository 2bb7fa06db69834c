import { expect, test } from "vitest";
import { type Fields, standingOf } from "./edits.ts";

const BASE: Fields = {
  displayName: "Car park",
  description: "",
  tags: ["a"],
  participants: [],
  priority: 0,
  quota: 0n,
};

test("what nobody touched follows what others do", () => {
  const theirs = { ...BASE, description: "Monday's", tags: ["a", "b"] };
  const standing = standingOf(BASE, { ...BASE, displayName: "Car park 2" }, theirs);
  expect(standing.shown).toEqual({ ...theirs, displayName: "Car park 2" });
  expect(standing.mine).toEqual(["displayName"]);
  expect(standing.contested).toEqual([]);
});

test("the same field changed by two is contested, and mine is what the form shows", () => {
  const standing = standingOf(BASE, { ...BASE, priority: 5 }, { ...BASE, priority: 9 });
  expect(standing.contested).toEqual(["priority"]);
  expect(standing.shown.priority).toBe(5);
});

test("two who want the same do not stand against each other", () => {
  const standing = standingOf(BASE, { ...BASE, tags: ["a", "c"] }, { ...BASE, tags: ["a", "c"] });
  expect(standing).toMatchObject({ mine: [], contested: [] });
});

test("what is changed and changed back is not changed", () => {
  expect(standingOf(BASE, { ...BASE, quota: 0n, tags: ["a"] }, BASE).mine).toEqual([]);
});
