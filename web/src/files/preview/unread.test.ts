import { expect, test } from "vitest";
import { branchOf, plain } from "./tree.ts";
import { Unread, unfoldable, unread } from "./unread.ts";

const boxes = Array.from({ length: 30_000 }, (_, id) => ({ id, box: [id, [1, 2]], label: 'a "car" ]}\\', none: {} }));

/** All of it, as whoever unfolds everything sees it. */
function unfolded(value: unknown): unknown {
  const branch = branchOf(value);
  if (!branch) return JSON.parse(plain(value));
  const entries = Array.from({ length: branch.count }, (_, index) => branch.entry(index));
  if (branch.kind === "list") return entries.map(([, one]) => unfolded(one));
  return Object.fromEntries(entries.map(([name, one]) => [name, unfolded(one)]));
}

test("a large text is unfolded to what it says", () => {
  const value = { 'a"b': boxes, empty: [], "": { deep: boxes }, last: [null, true, -1.5e3, "x"] };
  for (const indent of [undefined, 2]) {
    const read = unread(`\n ${JSON.stringify(value, undefined, indent)}\n`);
    expect(read).toBeInstanceOf(Unread);
    expect(unfolded(read)).toEqual(value);
  }
});

test("numbers of a large text stay what it says, too", () => {
  const text = `[${'"filling",'.repeat(40_000)}12345678901234567890]`;
  const [, last] = branchOf(unread(text))?.entry(40_000) ?? [];
  expect(plain(last)).toBe("12345678901234567890");
});

test.each(["", "[1, 2", '{"a": "b', "[1] 2", '{"a" 1}', "nonsense"])("%s is no JSON", (text) => {
  expect(() => unread(text)).toThrow(SyntaxError);
});

test("what is wrong deep within is shown as it is written, and nothing before it is lost", () => {
  const branch = branchOf(unread(`{"ok": ${JSON.stringify(boxes)}, "no": nil, "bad": [1 2], "so" 5}`));
  expect(branch?.count).toBe(4);
  const [ok, no, bad, rest] = [0, 1, 2, 3].map((at) => branch?.entry(at) ?? []);
  expect(unfolded(ok?.[1])).toEqual(boxes);
  expect([no?.[0], plain(no?.[1])]).toEqual(["no", "nil"]);
  expect(plain(bad?.[1])).toBe("[1 2]");
  expect(rest?.[0]).toContain("goes wrong at character");
  expect(plain(rest?.[1])).toContain('"so" 5');
});

test("lists within lists are unfolded one by one, however many", () => {
  const many = 100_000;
  const deep = `${"[".repeat(many)}7${"]".repeat(many)}`;
  for (const value of [
    unfoldable(deep),
    branchOf(unread(`["much", ${JSON.stringify(boxes)}, ${deep}]`))?.entry(2)[1],
  ]) {
    let within = value;
    for (let level = 0; level < 5; level++) {
      const branch = branchOf(within);
      expect([branch?.kind, branch?.count]).toEqual(["list", 1]);
      within = branch?.entry(0)[1];
    }
  }
});

test.each([99, 100, 101, 300])("entries are found by their places, and what is wrong behind %i of them", (many) => {
  const long = "x".repeat(3_000);
  const list = branchOf(unread(`[${Array.from({ length: many }, (_, at) => `"${at}${long}"`).join(",")} nil 5]`));
  expect(list?.count).toBe(many + 1);
  for (const at of [0, many - 1, 5, 98]) expect(list?.entry(at)).toEqual([String(at), `${at}${long}`]);
  expect(list?.entry(many)[0]).toContain("goes wrong at character");
  const names = Array.from({ length: many }, (_, at) => `"${at === 7 ? "\\q" : at}": "${long}"`);
  const object = branchOf(unread(`{${names.join(", ")}}`));
  expect(object?.count).toBe(many);
  expect([7, 8, many - 1].map((at) => object?.entry(at)[0])).toEqual(['"\\q"', "8", String(many - 1)]);
});

test("what is short is read as a whole", () => {
  expect(unfoldable(' {"a": [1]} ')).toEqual({ a: [1] });
  expect(() => unfoldable("[1, 2")).toThrow(SyntaxError);
  expect(() => unfoldable("[1] 2")).toThrow(SyntaxError);
});
