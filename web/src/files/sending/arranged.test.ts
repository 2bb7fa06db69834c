import { expect, test } from "vitest";
import { arranged } from "./arranged.ts";
import type { State } from "./kinds.ts";

const upload = (id: string, state: State, sent = 0) => ({
  ...{ id, state, sent, path: `resources/${id}`, size: 9, verified: 0, why: "", found: false },
});
const order = (...uploads: ReturnType<typeof upload>[]) => arranged(uploads).map(({ id }) => id);

test("what needs the person comes first, then what is under way, and what has ended comes last", () => {
  expect(
    order(
      upload("arrived", "done"),
      upload("waits", "queued"),
      upload("goes", "sending", 5),
      upload("broken", "failed"),
      upload("skipped", "skipped"),
      upload("lost", "lost"),
    ),
  ).toEqual(["broken", "lost", "goes", "waits", "arrived", "skipped"]);
});

test("what is paused stays where it was", () => {
  const others = [upload("a", "sending", 1), upload("z", "queued")] as const;
  expect(order(others[0], upload("p", "paused", 4), others[1])).toEqual(["a", "p", "z"]);
  expect(order(others[0], others[1], upload("p", "paused"))).toEqual(["a", "z", "p"]);
});
