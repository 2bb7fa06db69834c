import { expect, test } from "vitest";
import { merged, missingRuns } from "./history.ts";

interface One {
  name: string;
  state: string;
}
const live = (...some: One[]) => new Map(some.map((one) => [one.name, one]));

test("what the stream told is right, and the history fills in the rest", () => {
  const found = merged(
    live({ name: "projects/p/stages/b", state: "running" }),
    [
      { name: "projects/p/stages/a", state: "succeeded" },
      { name: "projects/p/stages/b", state: "queued" },
    ],
    "projects/p/stages/",
  );
  expect([...found.values()]).toEqual([
    { name: "projects/p/stages/a", state: "succeeded" },
    { name: "projects/p/stages/b", state: "running" },
  ]);
});

test("other projects' records are left out, live or not", () => {
  const found = merged(
    live({ name: "projects/pp/stages/a", state: "" }),
    [{ name: "projects/other/stages/x", state: "" }],
    "projects/p/stages/",
  );
  expect(found.size).toBe(0);
});

test("a record that only moved to the history stays, since nobody told that it is gone", () => {
  const before = [{ name: "projects/p/stages/a", state: "succeeded" }];
  expect(merged(live(), before, "projects/p/stages/").has("projects/p/stages/a")).toBe(true);
});

test("the history is asked only where runs are missing", () => {
  const runs = live({ name: "projects/p/runs/000001", state: "" }, { name: "projects/p/runs/000002", state: "" });
  expect(missingRuns(3n, runs, "projects/p")).toBe(0);
  expect(missingRuns(8n, runs, "projects/p")).toBe(5);
  expect(missingRuns(3n, runs, "projects/other")).toBe(2);
});

test("a run that is told before its project is none that is missing", () => {
  expect(missingRuns(1n, live({ name: "projects/p/runs/000001", state: "" }), "projects/p")).toBe(0);
});
