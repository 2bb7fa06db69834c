// Which rows of the drawn tree are in sight, so that only those are in the page; and how a node is brought there.
import { useEffect, useRef, useState } from "react";
import { left, NODE, rowsInSight, top } from "./measures.ts";
import type { Layout } from "./shape/layout.ts";

/** `bring` scrolls a node into sight, and gives it the focus if asked. */
export function useSight(layout: Layout) {
  const scroller = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState(() => rowsInSight(0, 900));
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let asked = 0;
    const look = () => {
      asked = 0;
      const next = rowsInSight(element.scrollTop, element.clientHeight || 900);
      setSight((now) => (now.first === next.first && now.last === next.last ? now : next));
    };
    const later = () => {
      asked ||= requestAnimationFrame(look);
    };
    look();
    element.addEventListener("scroll", later, { passive: true });
    const watcher = new ResizeObserver(later);
    watcher.observe(element);
    return () => {
      cancelAnimationFrame(asked);
      element.removeEventListener("scroll", later);
      watcher.disconnect();
    };
  }, []);
  const bring = (key: string, focus = false) => {
    const element = scroller.current;
    const place = layout.places.get(key);
    if (!element || !place) return;
    const room = 40;
    const [x, y] = [left(place), top(place)];
    if (y - room < element.scrollTop) element.scrollTop = y - room;
    if (y + NODE.height + room > element.scrollTop + element.clientHeight) {
      element.scrollTop = y + NODE.height + room - element.clientHeight;
    }
    if (x - room < element.scrollLeft) element.scrollLeft = x - room;
    if (x + NODE.width + room > element.scrollLeft + element.clientWidth) {
      element.scrollLeft = x + NODE.width + room - element.clientWidth;
    }
    if (!focus) return;
    // It is drawn, since it is what has the focus, with the next picture.
    requestAnimationFrame(() =>
      element.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true }),
    );
  };
  return { scroller, ...sight, bring };
}
