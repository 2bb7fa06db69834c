// @vitest-environment happy-dom

import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { MantineProvider } from "@mantine/core";
import { act, cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StageState } from "../api/winslow/v1/stage_pb.ts";
import * as layout from "./shape/layout.ts";
import { type TreeNode, treeOf } from "./shape/tree.ts";
import { anyWorld, pipelineOf, stageCalled, World } from "./shape/worlds.ts";
import { Tree } from "./Tree.tsx";

vi.mock("./shape/layout.ts", async (original) => {
  const real = await original<typeof layout>();
  return { ...real, placed: vi.fn(real.placed) };
});

beforeEach(() => {
  vi.mocked(layout.placed).mockClear();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function diamond(): World {
  const world = new World(pipelineOf("prepare:", "left: prepare", "right: prepare", "look: left right"));
  world.begin(1, ["prepare"]);
  world.attempt("prepare-1", { at: "prepare", run: 1 });
  world.attempt("left-1", { at: "left", run: 1, parent: "prepare-1" });
  world.attempt("right-1", { at: "right", run: 1, parent: "prepare-1", state: StageState.RUNNING });
  return world;
}

function drawn(world: World, more: Partial<Parameters<typeof Tree>[0]> = {}) {
  const picked: string[] = [];
  const opened: string[] = [];
  const tree = treeOf(world.facts());
  const address = (node: TreeNode) => (node.kind === "stage" ? `/at/${node.key}` : undefined);
  const whole = (selected?: string) => (
    <MantineProvider>
      <Tree
        tree={tree}
        selected={selected}
        front={stageCalled("prepare-1")}
        dropped={() => false}
        address={address}
        onPick={({ key }) => picked.push(key)}
        onOpen={({ key }) => opened.push(key)}
        {...more}
      />
    </MantineProvider>
  );
  const view = render(whole());
  return { picked, opened, show: (selected: string) => view.rerender(whole(selected)) };
}

const focused = () => document.activeElement?.getAttribute("data-key")?.split("/").at(-1);
const settled = () => act(() => new Promise((done) => requestAnimationFrame(() => done(undefined))));

test("arrow keys walk the tree, and the focus goes along", async () => {
  drawn(diamond());
  const person = userEvent.setup();
  await person.tab();
  expect(focused()).toBe("prepare-1");
  const way: [string, string][] = [
    ["{ArrowRight}", "left-1"],
    ["{ArrowDown}", "right-1"],
    ["{ArrowUp}", "left-1"],
    ["{ArrowRight}", "look"],
    ["{ArrowRight}", "look"],
    ["{ArrowLeft}", "left-1"],
    ["{ArrowLeft}", "prepare-1"],
    ["{Home}", ""],
    ["{ArrowLeft}", ""],
    ["{End}", "right-1"],
  ];
  for (const [key, where] of way) {
    await person.keyboard(key);
    await settled();
    expect(focused(), `after ${key}`).toBe(where);
  }
});

test("Enter opens what has the focus, and Space shows it beside the tree", async () => {
  const { picked, opened } = drawn(diamond());
  const person = userEvent.setup();
  await person.tab();
  await person.keyboard("{ArrowRight}");
  await settled();
  await person.keyboard("{Enter}");
  expect(opened).toEqual([stageCalled("left-1")]);
  await person.keyboard(" ");
  expect(picked).toEqual([stageCalled("left-1")]);
});

test("while one is shown beside the tree, walking shows the next one", async () => {
  const { picked, show } = drawn(diamond());
  show(stageCalled("prepare-1"));
  const person = userEvent.setup();
  await person.tab();
  await person.keyboard("{ArrowRight}");
  expect(picked).toEqual([stageCalled("left-1")]);
});

test("only one node can be reached by Tab, and each says in words what it is", async () => {
  drawn(diamond());
  const items = screen.getAllByRole("treeitem");
  expect(items.filter((item) => item.tabIndex === 0)).toHaveLength(1);
  const places = items.map(
    (item) =>
      `${item.getAttribute("aria-level")}: ${item.getAttribute("aria-posinset")}/${item.getAttribute("aria-setsize")}`,
  );
  expect(places).toEqual(["1: 1/1", "2: 1/1", "3: 1/2", "4: 1/1", "3: 2/2"]);
  // Called by what is to be seen, and more: a label of another wording could not be spoken by who sees the tree.
  expect(items.every((item) => !item.hasAttribute("aria-label"))).toBe(true);
  for (const name of [
    /^Start Your files Workspace and input files$/,
    /^prepare Succeeded.*begins run 1$/,
    /^left Succeeded/,
    /^look Comes later Not started$/,
    /^right Running/,
  ])
    expect(screen.getByRole("treeitem", { name })).toBeTruthy();
});

test("a second that passes lays nothing out anew and draws nothing but the words of what runs", async () => {
  vi.useFakeTimers({ now: 100_000, toFake: ["Date", "setInterval", "clearInterval"] });
  const world = diamond();
  const right = world.stages.get(stageCalled("right-1"));
  if (!right) throw new Error("the world has no right");
  right.startTime = timestampFromMs(95_000);
  drawn(world);
  expect(screen.getByText(/5 s/)).toBeTruthy();
  const others = screen.getAllByRole("treeitem").map((item) => item.outerHTML);
  const laid = vi.mocked(layout.placed).mock.calls.length;
  const changes: MutationRecord[] = [];
  const watcher = new MutationObserver((some) => changes.push(...some));
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  await act(() => vi.advanceTimersByTimeAsync(3_000));
  changes.push(...watcher.takeRecords());
  expect(screen.getByText(/8 s/)).toBeTruthy();
  expect(vi.mocked(layout.placed).mock.calls.length).toBe(laid);
  const touched = new Set(changes.map(({ target }) => (target.parentElement ?? (target as Element)).textContent));
  expect([...touched]).toEqual(["Running · 8 s"]);
  const now = screen.getAllByRole("treeitem").map((item) => item.outerHTML);
  expect(now.filter((html, index) => html !== others[index])).toHaveLength(1);
});

test("of five hundred attempts only those in sight are in the page", () => {
  const world = anyWorld(3, 500);
  drawn(world, { front: "" });
  expect(treeOf(world.facts()).nodes.length).toBeGreaterThan(200);
  expect(screen.getAllByRole("treeitem").length).toBeLessThan(120);
});
