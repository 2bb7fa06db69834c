// @vitest-environment happy-dom
import { act, render } from "@testing-library/react";
import { expect, test } from "vitest";
import { useLater } from "./useLater.ts";

function Said() {
  return <p>{useLater() ? "touched" : "only looked at"}</p>;
}

test("what the first look does without comes with the first sign of somebody's hand, and stays", () => {
  const { container, unmount } = render(<Said />);
  expect(container.textContent).toBe("only looked at");
  act(() => void window.dispatchEvent(new Event("pointermove")));
  expect(container.textContent).toBe("touched");
  unmount();
  expect(render(<Said />).container.textContent).toBe("touched");
});
