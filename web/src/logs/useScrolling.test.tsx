// @vitest-environment happy-dom
import { act, cleanup, render } from "@testing-library/react";
import { useRef } from "react";
import { afterEach, expect, test } from "vitest";
import type { Log, Picture } from "./log.ts";
import { useScrolling } from "./useScrolling.ts";

afterEach(cleanup);

const [ALL, SEEN] = [4000, 400];

/** A log at its end, in an element that is scrolled to its own, and a way to have the browser move that. */
function shown() {
  const steps: number[] = [];
  const view = { sticks: true, height: SEEN, rowHeight: 20, scroll: (by: number) => steps.push(by), jumpTo: () => {} };
  const sight = { atStart: false, atEnd: true, fraction: 1 };
  const picture = { size: 100_000, sight } as unknown as Picture;
  const log = {
    view,
    blocks: { lineLength: 100 },
    act: (does: (on: typeof view) => unknown) => does(view),
    picture: () => picture,
  } as unknown as Log;
  function Shown() {
    const scroller = useRef<HTMLDivElement>(null);
    useScrolling(scroller, log, picture);
    return <div ref={scroller} data-testid="log" />;
  }
  const element = render(<Shown />).getByTestId("log");
  const be = (scrollHeight: number, scrollTop: number) => {
    Object.defineProperty(element, "clientHeight", { value: SEEN, configurable: true });
    Object.defineProperty(element, "scrollHeight", { value: scrollHeight, configurable: true });
    element.scrollTop = scrollTop;
    act(() => void element.dispatchEvent(new Event("scroll")));
  };
  be(ALL, ALL - SEEN);
  steps.length = 0;
  return { steps, be };
}

test("a log at its end stays there when what is scrolled through becomes less high", () => {
  const { steps, be } = shown();
  be(ALL - 300, ALL - 300 - SEEN);
  expect(steps).toEqual([]);
});

test("who scrolls up from the end leaves it", () => {
  const { steps, be } = shown();
  be(ALL, ALL - SEEN - 60);
  expect(steps).toEqual([-60]);
});
