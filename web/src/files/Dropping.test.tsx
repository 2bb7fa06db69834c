// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { fakeWindow } from "../parts/fakeWindow.ts";
import { DropPage } from "./Dropping.tsx";

beforeAll(fakeWindow);
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const dragged = { dataTransfer: { types: ["Files"] } };
const hint = () => screen.queryByText(/^Drop files/);

function page(...inside: string[]) {
  const all = (inside: string[]) => (
    <MantineProvider env="test">
      <DropPage path="resources" files={vi.fn()} paths={vi.fn()}>
        {inside.map((one) => (
          <p key={one}>{one}</p>
        ))}
      </DropPage>
    </MantineProvider>
  );
  const { rerender } = render(all(inside));
  return (...inside: string[]) => rerender(all(inside));
}

test("who drags files from one part of the page to another and away sees where they would go until they are away", () => {
  page("one", "other");
  fireEvent.dragEnter(screen.getByText("one"), dragged);
  fireEvent.dragEnter(screen.getByText("other"), dragged);
  fireEvent.dragLeave(screen.getByText("one"), dragged);
  expect(hint()).not.toBeNull();
  fireEvent.dragLeave(screen.getByText("other"), dragged);
  expect(hint()).toBeNull();
});

test("what is dragged over a part of the page that is gone when it leaves is forgotten, though nobody hears of it", () => {
  vi.useFakeTimers();
  const becomes = page("loading");
  const loading = screen.getByText("loading");
  fireEvent.dragEnter(loading, dragged);
  becomes("a file");
  fireEvent.dragLeave(loading, dragged);
  expect(hint()).not.toBeNull();
  act(() => vi.advanceTimersByTime(900));
  fireEvent.dragOver(screen.getByText("a file"), dragged);
  act(() => vi.advanceTimersByTime(900));
  expect(hint(), "it is still there").not.toBeNull();
  act(() => vi.advanceTimersByTime(200));
  expect(hint()).toBeNull();
});
