import { expect, test } from "vitest";
import { files, pipeline, queue } from "./searches.ts";

test("what reads as a number is a text where a text is asked for: an address written by hand leads there, too", () => {
  expect(pipeline({ tab: "versions", version: 1, against: 2 })).toEqual({
    tab: "versions",
    version: "1",
    against: "2",
  });
  expect(files({ open: 2024, find: "" })).toEqual({ open: "2024" });
  expect(queue({ text: 12, show: {} })).toEqual({ text: "12" });
});
