import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { AT_ONCE, type Bulk, inBulk } from "./bulk.ts";

const numbers = Array.from({ length: 20 }, (_, index) => index);

test("a few at a time are under way, and all are done", async () => {
  let under = 0;
  let most = 0;
  const done: number[] = [];
  const end = await inBulk(
    numbers,
    async (number) => {
      most = Math.max(most, ++under);
      await Promise.resolve();
      under--;
      done.push(number);
    },
    () => {},
  );
  expect(most).toBe(AT_ONCE);
  expect(done.sort((one, other) => one - other)).toEqual(numbers);
  expect(end).toMatchObject({ done: 20, refused: [], over: true, stopped: false });
});

test("what is refused is kept with its reason, and the others go on", async () => {
  const told: Bulk<number>[] = [];
  const act = async (number: number) => {
    if (number % 10 === 3) throw new ConnectError(`${number} is busy`, Code.FailedPrecondition);
  };
  const end = await inBulk(numbers, act, (now) => told.push(now));
  expect(end.done).toBe(18);
  expect(end.refused.map(({ item, problem }) => [item, problem.message])).toEqual([
    [3, "3 is busy"],
    [13, "13 is busy"],
  ]);
  expect(told.slice(0, -1).every(({ over }) => !over)).toBe(true);
});

test("who stops it lets end what is under way, and begins no more", async () => {
  const stop = new AbortController();
  const begun: number[] = [];
  const act = async (number: number) => {
    begun.push(number);
    if (number === 4) stop.abort();
    await Promise.resolve();
  };
  const end = await inBulk(numbers, act, () => {}, stop.signal);
  expect(begun.length).toBeLessThan(10);
  expect(end).toMatchObject({ done: begun.length, over: true, stopped: true });
});

test("nothing to do is done at once", async () => {
  expect(
    await inBulk(
      [],
      async () => {},
      () => {},
    ),
  ).toMatchObject({ total: 0, over: true, stopped: false });
});
