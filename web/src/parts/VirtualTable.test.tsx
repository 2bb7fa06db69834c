// @vitest-environment happy-dom

import { MantineProvider } from "@mantine/core";
import { act, cleanup, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Activity, useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeWindow } from "./fakeWindow.ts";
import { type Column, VirtualTable } from "./VirtualTable.tsx";

interface Fruit {
  name: string;
  colour: string;
}
const keyOf = ({ name }: Fruit) => name;
const fruits = (...names: string[]): Fruit[] => names.map((name) => ({ name, colour: "red" }));
const COLUMNS: Column<Fruit>[] = [
  { key: "name", header: "Name", width: "1fr", cell: ({ name }) => name },
  {
    key: "link",
    header: "",
    width: "1fr",
    cell: ({ name }) => (
      <a href={`#${name}`} tabIndex={-1}>
        go to {name}
      </a>
    ),
  },
];

// happy-dom lays nothing out: every element is as large as a window with room for ten rows.
beforeEach(() => {
  fakeWindow();
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(440);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(800);
  HTMLElement.prototype.scrollTo = () => {};
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function Shown(props: { items: Fruit[]; onOpen?: (fruit: Fruit) => void; told?: (keys: string[]) => void }) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const select = (keys: ReadonlySet<string>) => {
    setSelected(keys);
    props.told?.([...keys].sort());
  };
  return (
    <MantineProvider>
      <VirtualTable
        label="Fruits"
        items={props.items}
        columns={COLUMNS}
        keyOf={keyOf}
        nameOf={keyOf}
        {...(props.onOpen ? { onOpen: props.onOpen } : {})}
        selection={{ selected, select }}
      />
    </MantineProvider>
  );
}

const rows = () => within(screen.getAllByRole("rowgroup")[0] as HTMLElement).getAllByRole("row");
const focusedRow = () => document.activeElement?.textContent ?? "";
const frame = () => act(async () => void (await new Promise((done) => requestAnimationFrame(done))));

test("only rows in sight are in the page, and screen readers are told of all", () => {
  render(<Shown items={fruits(...Array.from({ length: 10_000 }, (_, index) => `fruit ${index}`))} />);
  expect(rows().length).toBeLessThan(40);
  expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("10001");
  expect(rows()[0]?.getAttribute("aria-rowindex")).toBe("2");
});

test("arrows walk the rows, Enter opens, and one Tab is all it takes to come in", async () => {
  const opened = vi.fn();
  const user = userEvent.setup();
  render(<Shown items={fruits("apple", "pear", "plum")} onOpen={opened} />);
  expect(rows().filter((row) => row.tabIndex === 0).length).toBe(1);
  act(() => rows()[0]?.focus());
  await user.keyboard("{ArrowDown}");
  await frame();
  expect(focusedRow()).toContain("pear");
  await user.keyboard("{Enter}{End}");
  await frame();
  expect(focusedRow()).toContain("plum");
  expect(opened.mock.calls).toEqual([[{ name: "pear", colour: "red" }]]);
});

test("Space selects, Shift extends, Ctrl-A takes all and Escape none", async () => {
  const told = vi.fn();
  const user = userEvent.setup();
  render(<Shown items={fruits("apple", "pear", "plum")} told={told} />);
  act(() => rows()[0]?.focus());
  await user.keyboard(" ");
  expect(told).toHaveBeenLastCalledWith(["apple"]);
  await user.keyboard("{Shift>}{ArrowDown}{/Shift}");
  await frame();
  expect(told).toHaveBeenLastCalledWith(["apple", "pear"]);
  await user.keyboard("{Control>}a{/Control}");
  expect(told).toHaveBeenLastCalledWith(["apple", "pear", "plum"]);
  await user.keyboard("{Escape}");
  expect(told).toHaveBeenLastCalledWith([]);
});

test("a click with Shift selects all from the one before", async () => {
  const told = vi.fn();
  const user = userEvent.setup();
  render(<Shown items={fruits("apple", "pear", "plum", "quince")} told={told} />);
  await user.click(screen.getByLabelText("Select pear"));
  await user.keyboard("{Shift>}");
  await user.click(screen.getByLabelText("Select quince"));
  await user.keyboard("{/Shift}");
  expect(told).toHaveBeenLastCalledWith(["pear", "plum", "quince"]);
});

test("the right arrow reaches what is in a row, and Escape comes back to it", async () => {
  const opened = vi.fn();
  const user = userEvent.setup();
  render(<Shown items={fruits("apple")} onOpen={opened} />);
  act(() => rows()[0]?.focus());
  await user.keyboard("{ArrowRight}{ArrowRight}");
  expect(document.activeElement?.tagName).toBe("A");
  await user.keyboard("{Escape}");
  expect(document.activeElement).toBe(rows()[0]);
  expect(opened).not.toHaveBeenCalled();
});

test("the focus stays on its row when rows before it come and go", async () => {
  const { rerender } = render(<Shown items={fruits("apple", "pear", "plum")} />);
  act(() => rows()[1]?.focus());
  rerender(<Shown items={fruits("fig", "kiwi", "apple", "pear", "plum")} />);
  expect(focusedRow()).toContain("pear");
  expect(rows().find((row) => row.tabIndex === 0)?.textContent).toContain("pear");
});

test("a row that goes while it has the focus hands it to the one in its place", () => {
  const { rerender } = render(<Shown items={fruits("apple", "pear", "plum")} />);
  act(() => rows()[1]?.focus());
  rerender(<Shown items={fruits("apple", "plum")} />);
  expect(focusedRow()).toContain("plum");
});

test("a table does not take the focus from a person who has left it", () => {
  const { rerender } = render(<Shown items={fruits("apple", "pear")} />);
  act(() => rows()[0]?.focus());
  act(() => rows()[0]?.blur());
  rerender(<Shown items={fruits("pear")} />);
  expect(document.activeElement).toBe(document.body);
});

test("a table that was put away with the focus in it takes none when it is back", () => {
  const page = (mode: "visible" | "hidden", ...names: string[]) => (
    <Activity mode={mode}>
      <Shown items={fruits(...names)} />
    </Activity>
  );
  const { rerender } = render(page("visible", "apple", "pear"));
  const row = rows()[0] as HTMLElement;
  act(() => row.focus());
  rerender(page("hidden", "apple", "pear"));
  // Of what is not shown any more not each browser tells that it has lost the focus.
  const untold = (event: Event) => event.stopImmediatePropagation();
  window.addEventListener("focusout", untold, true);
  act(() => row.blur());
  window.removeEventListener("focusout", untold, true);
  rerender(page("visible", "apple", "pear"));
  rerender(page("visible", "pear"));
  expect(document.activeElement).toBe(document.body);
});

test("a change of one row draws no other anew", () => {
  const drawn: string[] = [];
  const cell = ({ name }: Fruit) => {
    drawn.push(name);
    return name;
  };
  const columns: Column<Fruit>[] = [{ key: "name", header: "", width: "1fr", cell }];
  const table = (items: Fruit[]) => (
    <MantineProvider>
      <VirtualTable label="Fruits" items={items} columns={columns} keyOf={keyOf} />
    </MantineProvider>
  );
  const items = fruits("apple", "pear", "plum");
  const { rerender } = render(table(items));
  drawn.length = 0;
  rerender(table(items.map((fruit) => (fruit.name === "pear" ? { ...fruit, colour: "green" } : fruit))));
  expect(drawn).toEqual(["pear"]);
});
