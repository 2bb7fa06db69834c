import { expect, test } from "vitest";
import { BLOCK, Block } from "./block.ts";
import { Blocks } from "./blocks.ts";
import { lineOf } from "./lines.ts";
import { bytes, chance, cri, Written } from "./trial.ts";
import { View } from "./view.ts";

const said = (text: string, stream = "stdout") => bytes(cri(text, stream, "P"));

function followed(lines: readonly string[] = []) {
  const blocks = new Blocks();
  const view = new View(blocks);
  view.height = 600;
  const block = new Block(0, 0);
  blocks.follow(block);
  blocks.grow(bytes(lines.join("")));
  const seen = () =>
    view.sight().rows.map(({ block, row }) => {
      const { line } = lineOf(blocks, block, row);
      return block.isUnderway(row) ? `${line.text}_` : line.text;
    });
  return { blocks, view, block, seen };
}

test("a prompt is seen before its line ends, changes in place, and is one line then", () => {
  const { blocks, seen } = followed([cri("before")]);
  const size = blocks.size;
  expect(blocks.grow(bytes(""), said("Go on? "))).toBe(0);
  expect(seen()).toEqual(["before", "Go on? _"]);
  blocks.grow(bytes(""), said("Go on? y"));
  expect(seen()).toEqual(["before", "Go on? y_"]);
  expect(blocks.size).toBe(size);
  expect(blocks.grow(bytes(cri("Go on? yes")))).toBe(1);
  expect(seen()).toEqual(["before", "Go on? yes"]);
});

test("a bar is as it was drawn last, also where it is as long as before", () => {
  const { blocks, seen } = followed();
  blocks.grow(said("\r 8%|#\r", "stderr"), said(" 9%|#", "stderr"));
  expect(seen()).toEqual([" 9%|#_"]);
  blocks.grow(bytes(""), said("10%|#", "stderr"));
  expect(seen()).toEqual(["10%|#_"]);
  blocks.grow(bytes(""), said("11%|#", "stderr"));
  expect(seen()).toEqual(["11%|#_"]);
  blocks.grow(said("11%|#\r", "stderr"));
  expect(seen()).toEqual(["11%|#"]);
  blocks.grow(bytes(cri("12%|#", "stderr") + cri("next", "stderr")));
  expect(seen()).toEqual(["12%|#", "next"]);
});

test("what comes on the other stream comes before the line that is not ended", () => {
  const { blocks, seen } = followed();
  blocks.grow(bytes(""), said("Go on? "));
  blocks.grow(bytes(cri("warning", "stderr")), bytes(cri("Go on? ", "stdout", "P") + cri("50%", "stderr", "P")));
  expect(seen()).toEqual(["warning", "Go on? _", "50%_"]);
  blocks.grow(bytes(cri("Go on? no")), said("60%", "stderr"));
  expect(seen()).toEqual(["warning", "Go on? no", "60%_"]);
});

test("a bar goes on below what was written meanwhile, as in a terminal, and a long line where it is", () => {
  const { blocks, seen } = followed();
  blocks.grow(bytes(cri("10%\r20%\r", "stderr", "P") + cri("a long ", "stdout", "P")), said("30%", "stderr"));
  expect(seen()).toEqual(["20%", "a long ", "30%_"]);
  blocks.grow(bytes(cri("30%\r", "stderr", "P")), bytes(cri("li", "stdout", "P") + cri("40%", "stderr", "P")));
  expect(seen()).toEqual(["20%", "a long li_", "40%_"]);
  blocks.grow(bytes(cri("line", "stdout") + cri("40%", "stderr")));
  expect(seen()).toEqual(["20%", "a long line", "40%"]);
});

test("whatever is shown for a while leaves nothing behind", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const dice = chance(seed);
    const plain = new Blocks();
    const shown = new Blocks();
    for (const blocks of [plain, shown]) blocks.follow(new Block(0, 0));
    for (let step = 0; step < 120; step++) {
      const lines = Array.from({ length: dice(4) }, () =>
        cri(`${"x".repeat(dice(3000))}${dice(2) ? "\r" : ""}`, dice(2) ? "stdout" : "stderr", dice(2) ? "P" : "F"),
      ).join("");
      const unfinished = ["stdout", "stderr"]
        .filter(() => dice(2))
        .map((stream) => cri("y".repeat(dice(90)), stream, "P"));
      expect(shown.grow(bytes(lines), bytes(unfinished.join("")))).toBe(plain.grow(bytes(lines)));
    }
    shown.grow(bytes(""));
    expect(shown.size).toBe(plain.size);
    for (let index = 0; index <= plain.last; index++) {
      const [one, other] = [plain.get(index) as Block, shown.get(index) as Block];
      expect(other.at).toEqual(one.at);
      expect(other.continues).toEqual(one.continues);
      for (let row = 0; row < one.at.length; row++) {
        expect(other.isUnderway(row)).toBe(false);
        expect(shown.text(other, row, 1 << 20)).toEqual(plain.text(one, row, 1 << 20));
      }
    }
  }
});

test("a bar of ten hours is at its end in sight, and has a row in each block that it went through", () => {
  const drawing = (at: number) => `${at}%|${"#".repeat(80)}|`;
  const piece = (at: number) => cri(`${Array.from({ length: 5 }, () => drawing(at)).join("\r")}\r`, "stderr", "P");
  const { blocks, seen, view } = followed([cri("before")]);
  for (let at = 0; at < 20_000; at++) {
    blocks.grow(bytes(piece(at)), said(drawing(at + 1), "stderr"));
    if (at % 1000) continue;
    expect(seen().at(-1)).toBe(`${drawing(at + 1)}_`);
    expect(view.sight().missing.length).toBe(0);
  }
  expect(blocks.size).toBeGreaterThan(8 << 20);
  expect(view.sight().rows.length).toBeGreaterThan(20);
  expect(new Set(view.sight().rows.map(({ block }) => block.index)).size).toBe(view.sight().rows.length);
});

test("who looks back finds the bar as it stood, in order, wherever they look", () => {
  const written = new Written();
  written.write([
    cri("before"),
    ...Array.from({ length: 3_000 }, (_, at) => cri(`${at}%|${"#".repeat(100)}\r`, "stderr", "P")),
    cri("done", "stderr"),
  ]);
  const blocks = new Blocks();
  blocks.size = written.data.length;
  const view = new View(blocks);
  view.height = 600;
  view.jump(0);
  written.fill(blocks, () => view.sight().missing);
  const texts = view.sight().rows.map(({ block, row }) => lineOf(blocks, block, row).line.text);
  expect(texts[0]).toBe("before");
  expect(texts.length).toBe(1 + Math.ceil(written.data.length / BLOCK));
  expect(texts.at(-1)).toMatch(/^done/);
  const percents = texts.slice(1, -1).map((text) => Number.parseInt(text, 10));
  expect(percents).toEqual([...percents].sort((one, other) => one - other));
});

test("a piece that is found is of the row that it is shown in", () => {
  const { blocks, block } = followed();
  const pieces = [cri("a long ", "stderr", "P"), cri("other"), cri("line", "stderr")];
  blocks.grow(bytes(pieces.join("")));
  const third = (pieces[0] as string).length + (pieces[1] as string).length;
  expect([block.holds(0, 0), block.holds(0, third), block.holds(1, third), block.holds(0, third + 1)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
