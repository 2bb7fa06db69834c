import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { type Bid, BidSchema } from "../api/winslow/v1/election_pb.ts";
import { answers, placeInQueue, remedy, sentence } from "./explain.ts";

const bid = (node: string, lacks: string[] = [], more: Partial<Bid> = {}) =>
  create(BidSchema, { node: `nodes/${node}`, lacks, hopeless: more.hopeless ?? false, score: more.score ?? 0 });

test("nodes that answer the same are told together, the able ones first and the best of them first", () => {
  const busy = ["has 1 of 4 cores free"];
  const told = answers([
    bid("z", ["has no GPU"], { hopeless: true }),
    bid("b", busy),
    bid("a", busy),
    bid("weak", [], { score: 1 }),
    bid("best", [], { score: 3 }),
  ]);
  expect(told).toEqual([
    { verdict: "able", nodes: ["best", "weak"], lacks: [] },
    { verdict: "later", nodes: ["a", "b"], lacks: busy },
    { verdict: "never", nodes: ["z"], lacks: ["has no GPU"] },
  ]);
});

test("the same lack is not the same answer where one node could later and another never", () => {
  const told = answers([bid("a", ["has too little"]), bid("b", ["has too little"], { hopeless: true })]);
  expect(told.map((one) => one.verdict)).toEqual(["later", "never"]);
});

test.each([
  ["Go on: winslowctl run resume p", { said: "Go on", command: "winslowctl run resume p" }],
  [
    "Ask for less: winslowctl run abort p; winslowctl run redo s --memory SIZE",
    { said: "Ask for less", command: "winslowctl run abort p; winslowctl run redo s --memory SIZE" },
  ],
  ["Add a node that has what it needs", { said: "Add a node that has what it needs", command: "" }],
])("the remedy %s is told with its command apart", (text, parts) => {
  expect(remedy(text)).toEqual(parts);
});

test("a reason becomes a sentence", () => {
  expect(sentence("no node has room")).toBe("No node has room.");
  expect(sentence("Why?")).toBe("Why?");
  expect(sentence("")).toBe("");
});

test("a place in the queue is told as people say it", () => {
  expect(placeInQueue(0, 7)).toBe("");
  expect(placeInQueue(1, 1)).toBe("The only one that waits");
  expect(placeInQueue(1, 7)).toBe("Next of 7 that wait");
  expect(placeInQueue(3, 7)).toBe("Number 3 of 7 that wait");
});
