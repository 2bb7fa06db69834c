import { expect, test } from "vitest";
import { Drafts, type Keeps } from "./drafts.ts";
import { type Base, changed, discarded, keepMine, opened, saved, takeTheirs, told, typed } from "./editing.ts";

const one: Base = { text: "name: one\n", revision: 1n };
const two: Base = { text: "name: two\n", revision: 2n };
const mine = "name: mine\n";

test("who has changed nothing sees what others save", () => {
  expect(told(opened(one), two)).toEqual({ text: two.text, base: two });
});

test("who has changed something keeps it and is told what others saved", () => {
  const editing = told(typed(opened(one), mine), two);
  expect(editing).toEqual({ text: mine, base: one, theirs: two });
  expect(changed(editing)).toBe(true);
});

test("others saved what I wrote: there is nothing to decide", () => {
  expect(told(typed(opened(one), two.text), two)).toEqual({ text: two.text, base: two });
});

test("a new revision that says the same as before is no conflict", () => {
  const same = { text: one.text, revision: 9n };
  expect(told(typed(opened(one), mine), same)).toEqual({ text: mine, base: same });
});

test("theirs is taken, or mine goes on theirs", () => {
  const editing = told(typed(opened(one), mine), two);
  expect(takeTheirs(editing)).toEqual(opened(two));
  expect(keepMine(editing)).toEqual({ text: mine, base: two });
  expect(discarded(editing)).toEqual(opened(two));
});

test("being told the same again changes nothing", () => {
  const editing = typed(opened(one), mine);
  expect(told(editing, { ...one })).toBe(editing);
  const conflict = told(editing, two);
  expect(told(conflict, { ...two })).toBe(conflict);
});

test("what was saved is what is changed next", () => {
  expect(changed(saved(two))).toBe(false);
});

test("a draft goes on where it was left", () => {
  expect(opened(one, { text: mine, base: one, time: 0 })).toEqual({ text: mine, base: one });
});

test("a draft of something that others have changed since is a conflict", () => {
  expect(opened(two, { text: mine, base: one, time: 0 })).toEqual({ text: mine, base: one, theirs: two });
});

test("a draft that says nothing new is none", () => {
  expect(opened(two, { text: one.text, base: one, time: 0 })).toEqual(opened(two));
  expect(opened(two, { text: two.text, base: one, time: 0 })).toEqual(opened(two));
});

class Memory implements Keeps {
  readonly #kept = new Map<string, string>();
  getItem = (key: string) => this.#kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.#kept.set(key, value);
  removeItem = (key: string) => void this.#kept.delete(key);
}

test("a draft is kept with the revision that it was begun from, until it is forgotten", () => {
  const memory = new Memory();
  const drafts = new Drafts(() => memory);
  const draft = { text: mine, base: { text: "a", revision: 12345678901234567890n }, time: 5 };
  expect(drafts.keep("pipelines/p", draft)).toBe(true);
  expect(new Drafts(() => memory).kept("pipelines/p")).toEqual(draft);
  expect(drafts.kept("pipelines/q")).toBeUndefined();
  drafts.forget("pipelines/p");
  expect(drafts.kept("pipelines/p")).toBeUndefined();
});

test("a browser that keeps nothing, and what makes no sense there, are no draft", () => {
  const refusing = new Drafts(() => {
    throw new Error("denied");
  });
  expect(refusing.keep("p", { text: mine, base: one, time: 0 })).toBe(false);
  expect(refusing.kept("p")).toBeUndefined();
  expect(() => refusing.forget("p")).not.toThrow();
  const memory = new Memory();
  memory.setItem("winslow.draft:p", '{"text": 3}');
  memory.setItem("winslow.draft:q", "{");
  expect(new Drafts(() => memory).kept("p")).toBeUndefined();
  expect(new Drafts(() => memory).kept("q")).toBeUndefined();
});
