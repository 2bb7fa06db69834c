import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ViewSchema } from "../api/winslow/v1/view_pb.ts";
import { type Asked, changed, criteriaOf, turned } from "./criteria.ts";
import { askedBy, searchOf } from "./views.ts";

test("a column is asked for, then turned around, then as at first", () => {
  const clicks = [undefined, "name", "-name", "name"] as const;
  for (const [turn, said] of clicks.slice(0, 3).entries()) expect(turned(said, "name")).toBe(clicks[turn + 1]);
  expect(turned("-name", "change")).toBe(undefined);
  expect(criteriaOf({ order: "progress" })).toMatchObject({ order: "progress", down: true });
  expect(criteriaOf({ order: "-progress" })).toMatchObject({ order: "progress", down: false });
});

test("what makes no sense in an address asks for nothing", () => {
  expect(criteriaOf({ order: "size", state: "constructor" })).toMatchObject({ order: "change", state: undefined });
});

test("who asks otherwise no longer looks at the saved view", () => {
  expect(changed({ view: "mine", tag: "x", text: "a" }, { tag: undefined, state: "failed" })).toEqual({
    text: "a",
    state: "failed",
  });
});

test("a saved view brings back what was asked for, whatever is in it", () => {
  const asked: Asked = { text: "a & b=c", tag: "ä", group: "tag", order: "-name" };
  const view = create(ViewSchema, { name: "views/v1", search: searchOf(asked) });
  expect(askedBy(view)).toEqual({ ...asked, view: "v1" });
  expect(askedBy(create(ViewSchema, { name: "views/v2", search: "evil=1&text=x" }))).toEqual({ text: "x", view: "v2" });
});
