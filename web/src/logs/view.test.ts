import { expect, test } from "vitest";
import { STDERR, STDOUT } from "./block.ts";
import { Blocks } from "./blocks.ts";
import { bytes, chance, cri, Written } from "./trial.ts";
import { type Sight, View } from "./view.ts";

const HEIGHT = 600;

function looked(lines: readonly string[], limit?: number) {
  const written = new Written();
  written.write(lines);
  const blocks = new Blocks(limit);
  blocks.size = written.data.length;
  const view = new View(blocks);
  view.height = HEIGHT;
  const settled = (): Sight => {
    written.fill(blocks, () => view.sight().missing);
    return view.sight();
  };
  return { written, blocks, view, settled };
}

const numbered = (count: number, from = 0, long = 90) =>
  Array.from({ length: count }, (_, n) =>
    cri(`line ${from + n} ${"x".repeat((n * 7) % long)}`, n % 5 === 4 ? "stderr" : "stdout"),
  );

/** Where a row is on the screen. */
function placed(sight: Sight): Map<number, number> {
  return new Map(sight.rows.map(({ at }, index) => [at, sight.top + index * 20]));
}

function expectInOrder(sight: Sight, all: readonly number[]): void {
  const first = all.indexOf(sight.rows[0]?.at ?? 0);
  expect(sight.rows.map((row) => row.at)).toEqual(all.slice(first, first + sight.rows.length));
  // The window is full, or there is no more.
  if (!sight.atStart) expect(sight.top).toBeLessThanOrEqual(0);
  if (!sight.atEnd) expect(sight.top + sight.rows.length * 20).toBeGreaterThanOrEqual(HEIGHT);
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "whatever is scrolled and written, lines are shown once and in order (%i)",
  (seed) => {
    const dice = chance(seed);
    const { written, blocks, view, settled } = looked(numbered(4_000), 400_000);
    settled();
    const last = blocks.get(blocks.last);
    if (last) blocks.follow(last);
    for (let step = 0; step < 150; step++) {
      const move = dice(8);
      if (move < 3) view.scroll(dice(900) - 450);
      else if (move === 3) view.jumpTo(dice(1001) / 1000);
      else if (move === 4) view.end();
      else if (move === 5) view.jump(dice(written.data.length));
      else if (move === 6) {
        const added = written.write(numbered(dice(40), written.at.length));
        const cut = dice(3) ? added.length : added.indexOf(10) + 1;
        blocks.grow(added.subarray(0, cut));
        blocks.grow(added.subarray(cut));
      } else view.height = HEIGHT;
      expectInOrder(settled(), written.at);
      expect(blocks.size).toBe(written.data.length);
    }
  },
);

test("reading backwards moves every row by exactly as much as was scrolled, also into what is read only then", () => {
  const { view, settled, written } = looked(numbered(5_000), 300_000);
  let before = settled();
  for (let step = 0; step < 400; step++) {
    view.scroll(-173);
    const after = settled();
    const was = placed(before);
    const common = after.rows.map(({ at }, index) => [was.get(at), after.top + index * 20] as const);
    const known = common.filter(([old]) => old !== undefined);
    expect(known.length).toBeGreaterThan(10);
    for (const [old, now] of known) expect(now).toBe((old as number) + 173);
    before = after;
  }
  expectInOrder(before, written.at);
});

test("lines that come do not move what is read", () => {
  const { view, blocks, settled, written } = looked(numbered(3_000));
  settled();
  const last = blocks.get(blocks.last);
  if (last) blocks.follow(last);
  view.scroll(-400);
  const before = placed(settled());
  blocks.grow(written.write(numbered(2_000, 3_000)));
  const after = settled();
  expect(placed(after)).toEqual(before);
  view.end();
  expect(settled().rows.at(-1)?.at).toBe(written.at.at(-1));
});

test("the end is kept in sight until somebody scrolls up, and again once they are back", () => {
  const { view, settled } = looked(numbered(500));
  settled();
  expect(view.sticks).toBe(true);
  view.scroll(-20);
  settled();
  expect(view.sticks).toBe(false);
  view.scroll(60);
  settled();
  expect(view.sticks).toBe(true);
  expect(view.scroll(60)).toBe(false);
});

test("there is nothing above the first line", () => {
  const { view, settled, written } = looked(numbered(500));
  view.jumpTo(0);
  settled();
  expect(view.scroll(-50)).toBe(false);
  view.scroll(30);
  settled();
  view.scroll(-500);
  const sight = settled();
  expect([sight.top, sight.rows[0]?.at, sight.fraction]).toEqual([0, written.at[0], 0]);
});

test("a few lines stand at the top", () => {
  const { settled } = looked(numbered(3));
  const sight = settled();
  expect([sight.top, sight.rows.length, sight.atStart, sight.atEnd]).toEqual([0, 3, true, true]);
});

test("an empty log has nothing in sight, and waits for nothing", () => {
  const blocks = new Blocks();
  const view = new View(blocks);
  view.height = HEIGHT;
  blocks.follow(blocks.put(0, { offset: 0, data: new Uint8Array(0), size: 0, continued: [] }));
  expect(view.sight()).toMatchObject({ rows: [], missing: [], top: 0 });
});

test("only the streams that are asked for are shown, in order", () => {
  const { view, settled, written } = looked(numbered(4_000));
  view.shown = 1 << STDERR;
  view.jumpTo(0.5);
  const sight = settled();
  expectInOrder(
    sight,
    written.at.filter((_, line) => line % 5 === 4),
  );
  view.shown = 1 << STDOUT;
  expectInOrder(
    settled(),
    written.at.filter((_, line) => line % 5 !== 4),
  );
});

test("a byte in the middle of a log is shown without reading what is before", () => {
  const { view, settled, written, blocks } = looked(numbered(20_000));
  view.jumpTo(0.5);
  const sight = settled();
  expect(Math.abs((sight.rows[12]?.at ?? 0) / written.data.length - 0.5)).toBeLessThan(0.01);
  expect(blocks.count).toBeLessThanOrEqual(3);
});

test("a line of many pieces is one row, also over many blocks", () => {
  const long = [...Array.from({ length: 40 }, () => cri("y".repeat(16_384), "stdout", "P")), cri("its end", "stdout")];
  const { view, settled, written, blocks } = looked([...numbered(100), ...long, ...numbered(100, 100)]);
  view.jump(written.at[95] as number);
  const sight = settled();
  const rows = sight.rows.map((row) => row.at);
  expect(rows).toContain(written.at[100]);
  expect(rows[rows.indexOf(written.at[100] as number) + 1]).toBe(written.at[141]);
  const row = sight.rows[rows.indexOf(written.at[100] as number)];
  if (!row) throw new Error("no row");
  const text = blocks.text(row.block, row.row, 8, true);
  expect([new TextDecoder().decode(text.bytes), text.whole, text.length]).toEqual(["yits end", true, 40 * 16_384 + 7]);
});

test("the end stays in sight however much is followed, and what is held stays bounded", () => {
  const blocks = new Blocks(1_000_000);
  const view = new View(blocks);
  view.height = HEIGHT;
  blocks.follow(blocks.put(0, { offset: 0, data: new Uint8Array(0), size: 0, continued: [] }));
  let at = 0;
  for (let step = 0; step < 400; step++) {
    const data = bytes(numbered(97, step * 97).join(""));
    const cut = data.lastIndexOf(10, data.length - 2) + 1;
    blocks.grow(data.subarray(0, cut));
    at += cut;
    blocks.grow(data.subarray(cut));
    const sight = view.sight();
    expect([step, sight.missing, sight.rows.at(-1)?.at]).toEqual([step, [], at]);
    at += data.length - cut;
  }
  expect(blocks.count).toBeLessThan(20);
});

test("what is written but has not come yet does not hide what came", () => {
  const { written, blocks, view, settled } = looked(numbered(2_000));
  settled();
  const last = blocks.get(blocks.last);
  if (last) blocks.follow(last);
  const added = written.write(numbered(4_000, 2_000));
  blocks.size = written.data.length; // as another answer tells
  blocks.grow(added.subarray(0, added.indexOf(10) + 1));
  const sight = view.sight();
  expect([sight.missing, sight.rows.at(-1)?.at]).toEqual([[], written.at[2_000]]);
});
