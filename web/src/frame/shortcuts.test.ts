// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { isTaken, type Pressed, Shortcuts, TOGETHER } from "./shortcuts.ts";

const key = (name: string, more: Partial<Pressed> = {}): Pressed => ({
  key: name,
  command: false,
  alt: false,
  taken: false,
  ...more,
});

function listening() {
  const done: string[] = [];
  const means = (what: string) => [what, () => void done.push(what)] as const;
  const meanings = new Map([means("g p"), means("/"), means("?"), means("command-k"), means("p")]);
  const shortcuts = new Shortcuts();
  const press = (pressed: Pressed, now = 0) => shortcuts.press(pressed, meanings, now);
  return { done, press };
}

test("one key means something, and two soon after each other", () => {
  const { done, press } = listening();
  expect(press(key("/"))).toBe(true);
  expect(press(key("g"))).toBe(false);
  expect(press(key("p"), TOGETHER - 1)).toBe(true);
  expect(done).toEqual(["/", "g p"]);
});

test("two keys far apart are one and one", () => {
  const { done, press } = listening();
  press(key("g"));
  press(key("p"), TOGETHER);
  expect(done).toEqual(["p"]);
});

test("who types is left alone, and Control works there nevertheless", () => {
  const { done, press } = listening();
  expect(press(key("/", { taken: true }))).toBe(false);
  expect(press(key("K", { taken: true, command: true }))).toBe(true);
  expect(press(key("/", { alt: true }))).toBe(false);
  expect(done).toEqual(["command-k"]);
});

test("what the browser means by Control is the browser's", () => {
  const { done, press } = listening();
  expect(press(key("p", { command: true }))).toBe(false);
  expect(press(key("k", { command: true, alt: true }))).toBe(false);
  expect(done).toEqual([]);
});

test("fields, dialogs and editors keep their keys; tick boxes and links do not", () => {
  document.body.innerHTML =
    '<input id="a"><div role="dialog"><button id="b"></button></div><div contenteditable><p id="c"></p></div>' +
    '<input type="checkbox" id="d"><a id="e"></a>';
  const taken = [..."abcde"].map((id) => isTaken(document.getElementById(id)));
  expect(taken).toEqual([true, true, true, false, false]);
});
