import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { type Stage, StageSchema } from "../api/winslow/v1/stage_pb.ts";
import { attemptBefore, resultRows, signed } from "./results.ts";

test("values stand beside those of the attempt before, with their difference", () => {
  expect(resultRows({ count: "12", speed: "3.5" }, { count: "10", name: "a" })).toEqual([
    { key: "count", value: "12", before: "10", difference: 2 },
    { key: "name", value: undefined, before: "a", difference: undefined },
    { key: "speed", value: "3.5", before: undefined, difference: undefined },
  ]);
});

test("what is no number has no difference", () => {
  const [row] = resultRows({ verdict: "good" }, { verdict: "bad" });
  expect(row?.difference).toBeUndefined();
  expect(resultRows({ empty: "" }, { empty: "1" })[0]?.difference).toBeUndefined();
});

test.each([
  [2, "+2"],
  [-0.30000000000000004, "−0.3"],
  [1234567, "+1235000"],
])("a difference of %f is said as %s", (difference, said) => {
  expect(signed(difference)).toBe(said);
});

const made = (id: string, second: number, more: Partial<Stage> = {}) =>
  create(StageSchema, {
    name: `projects/p/stages/${id}`,
    definition: { name: "detect" },
    createTime: timestampFromMs(second * 1000),
    endTime: timestampFromMs(second * 1000 + 500),
    ...more,
  } as Stage);

test("the attempt before is the latest earlier one at the same definition that has ended", () => {
  const [first, second, third] = [made("a", 1), made("b", 2), made("c", 3)];
  const other = create(StageSchema, { ...made("x", 2.5), definition: { name: "track" } } as Stage);
  expect(attemptBefore(third, [first, other, third, second])?.name).toBe(second.name);
  expect(attemptBefore(first, [first, second, third])).toBeUndefined();
});

test("a retry is compared with what it retries", () => {
  const [first, second] = [made("a", 1), made("b", 2)];
  const retry = made("c", 3, { retryOf: first.name });
  expect(attemptBefore(retry, [second, first, retry])?.name).toBe(first.name);
});
