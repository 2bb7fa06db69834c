import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { GateSchema } from "../api/winslow/v1/run_pb.ts";
import { fake } from "./fakes.ts";
import { Slots } from "./slots.ts";
import { gateAddress, longestGate, waitsFor } from "./waiting.ts";

const gate = (definition: string, since: number) =>
  create(GateSchema, { run: "projects/p/runs/3", definition, since: timestampFromMs(since * 1000) });

test("who waits longest is told first, with how many others wait and for whom", () => {
  const project = Object.assign(fake("p", { participants: ["ann", "ben"] }), {
    gates: [gate("late", 9), gate("track", 3)],
  });
  const first = longestGate(project);
  expect(first && waitsFor(project, first)).toBe("track waits for ann and ben (and 1 more)");
  expect(first && gateAddress(project, first)).toEqual({ project: "p", run: "3", definition: "track" });
  expect(longestGate(fake("q"))).toBe(undefined);
});

test("where nobody takes part, it is whoever looks who is waited for", () => {
  const project = Object.assign(fake("p"), { gates: [gate("track", 3)] });
  expect(waitsFor(project, gate("track", 3))).toBe("track waits for you");
});

test("pictures take turns, who came last first, and who left takes none", () => {
  const slots = new Slots(1);
  const begun: string[] = [];
  const take = (name: string) => slots.take(() => begun.push(name));
  const first = take("first");
  take("second");
  const third = take("third");
  const fourth = take("fourth");
  fourth();
  first();
  first();
  third();
  expect(begun).toEqual(["first", "third", "second"]);
});
