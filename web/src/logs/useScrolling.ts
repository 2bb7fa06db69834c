// How a log of any length is scrolled in an element that no browser could make as high: wheel and keys move by exact steps, the
// scrollbar says about where in the log one is, and dragging it goes there.
import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import type { Log, Picture } from "./log.ts";

/** Pixels of the highest element that all browsers lay out well. */
const HIGHEST = 8_000_000;
/** Milliseconds without scrolling after which the scrollbar is put where it should be. */
const CALM = 140;

export interface Scrolling {
  /** Of the element that is scrolled through. */
  height: number;
}

export function useScrolling(scroller: RefObject<HTMLDivElement | null>, log: Log, picture: Picture): Scrolling {
  const lines = picture.size / log.blocks.lineLength;
  const content = picture.sight.atStart && picture.sight.atEnd ? 0 : lines * log.view.rowHeight;
  const height = Math.round(Math.min(HIGHEST, Math.max(content, log.view.height)));
  const kept = useRef({ top: 0, dragged: false, moved: 0, height });
  kept.current.height = height;

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const state = kept.current;
    const leaving = new AbortController();
    const { signal } = leaving;
    let timer: ReturnType<typeof setTimeout>;
    const align = () => aligned(element, log, state);
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(() => (state.dragged ? later() : align()), CALM);
    };
    const scrolled = () => {
      const by = element.scrollTop - state.top;
      state.top = element.scrollTop;
      if (Math.abs(by) < 1) return;
      const room = element.scrollHeight - element.clientHeight;
      if (log.view.sticks && state.top >= room - 1) return; // what is scrolled through became less high: nobody scrolled
      state.moved = performance.now();
      const far = Math.abs(by) > 3 * element.clientHeight;
      if (state.dragged || far)
        log.act((view) => view.jumpTo(room > 0 && state.top >= room - 1 ? 1 : state.top / room));
      else log.act((view) => view.scroll(by));
      later();
    };
    const turned = (event: WheelEvent) => {
      if (event.ctrlKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      const step = event.deltaMode === 1 ? log.view.rowHeight : event.deltaMode === 2 ? log.view.height : 1;
      state.dragged = false;
      if (!log.act((view) => view.scroll(event.deltaY * step))) return;
      event.preventDefault();
      later();
    };
    const pressed = (event: PointerEvent) => {
      state.dragged = event.target === element && event.offsetX >= element.clientWidth;
    };
    const left = () => {
      if (!state.dragged) return;
      state.dragged = false;
      later();
    };
    element.addEventListener("scroll", scrolled, { signal, passive: true });
    element.addEventListener("wheel", turned, { signal, passive: false });
    element.addEventListener("pointerdown", pressed, { signal });
    for (const kind of ["pointerup", "pointercancel", "mouseup"]) window.addEventListener(kind, left, { signal });
    window.addEventListener("pointermove", (event) => event.buttons === 0 && left(), { signal, passive: true });
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [scroller, log]);

  // What moves by itself, by keys or by lines that come has the scrollbar follow; a hand on it is left alone. At once: the browser
  // moves it, too, where the element became less high, and that must not look like somebody who scrolls away from the end.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each picture
  useLayoutEffect(() => {
    const element = scroller.current;
    const state = kept.current;
    if (element && !state.dragged && performance.now() - state.moved > CALM) aligned(element, log, state);
  }, [picture, scroller, log]);

  return { height };
}

function aligned(element: HTMLElement, log: Log, state: { top: number; height: number }): void {
  const { sight } = log.picture();
  const room = Math.max(0, state.height - element.clientHeight);
  const at = sight.fraction >= 1 ? room : Math.round(sight.fraction * room);
  // Where there is more in a direction there is room to scroll, however little that is of the whole.
  const inside = room > 4 * element.clientHeight ? element.clientHeight : 1;
  const top = sight.atEnd || sight.atStart || room < 3 ? at : Math.min(room - inside, Math.max(inside, at));
  if (Math.abs(element.scrollTop - top) >= 1) element.scrollTop = top;
  state.top = element.scrollTop;
}
