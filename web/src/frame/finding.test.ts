import { expect, test } from "vitest";
import { found } from "./finding.ts";

const items = ["Projects", "New project", "Street 9", "street project", "Pipelines"].map((word) => ({
  id: word,
  word,
}));
const words = (text: string, most = 9) => found(items, text, most).map(({ word }) => word);

test("nothing said finds all, in the order they came in", () => {
  expect(words("")).toEqual(items.map(({ word }) => word));
  expect(words("", 2)).toEqual(["Projects", "New project"]);
});

test("what begins with the letters comes before what has a word that does", () => {
  expect(words("proj")).toEqual(["Projects", "New project", "street project"]);
  expect(words("street")).toEqual(["Street 9", "street project"]);
});

test("every word must fit, wherever", () => {
  expect(words("pro str")).toEqual(["street project"]);
  expect(words("pro xyz")).toEqual([]);
});

test("the whole name is better than a beginning, a name better than a note", () => {
  const some = [
    { id: "1", word: "Trackers" },
    { id: "2", word: "Other", note: "track" },
    { id: "3", word: "track" },
  ];
  expect(found(some, "track", 9).map(({ id }) => id)).toEqual(["3", "1", "2"]);
  expect(found(some, "track", 1).map(({ id }) => id)).toEqual(["3"]);
});
