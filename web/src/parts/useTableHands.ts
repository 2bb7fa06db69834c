// The hands of a long table: which row the keyboard is on, and what keys and clicks do. A row is known by its key, so that the
// focus stays on it wherever it moves to.
import { type KeyboardEvent, type MouseEvent, type RefObject, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { RowHands } from "./TableRow.tsx";
import { extended, moved, reached, toggled } from "./tableMoves.ts";

interface Asked<Item> {
  items: readonly Item[];
  keyOf: (item: Item) => string;
  onOpen?: (item: Item) => void;
  selection?: { selected: ReadonlySet<string>; select: (keys: ReadonlySet<string>) => void };
  selects?: (item: Item) => string | undefined;
  scroller: RefObject<HTMLDivElement | null>;
  rowHeight: number;
}

const INSIDE = "a[href], button:not(:disabled), input, [role=menuitem]";
const OWN_KEYS = "input:not([type=checkbox]), textarea, select, [contenteditable=true]";

export function useTableHands<Item>(asked: Asked<Item>) {
  const [at, setAt] = useState<{ key: string; index: number }>({ key: "", index: 0 });
  const focused = placeOf(asked, at);
  const scroll = useRef<(index: number) => void>(() => {});
  const now = useRef({ asked, focused });
  now.current = { asked, focused };
  const anchor = useRef<number | undefined>(undefined);
  const within = useRef(false);
  const inside = useMemo(() => {
    const set = (is: boolean) => () => {
      within.current = is;
    };
    return { onFocus: set(true), onBlur: set(false) };
  }, []);

  const hands = useMemo<RowHands>(() => {
    const keyAt = (index: number) => {
      const item = now.current.asked.items[index];
      return item === undefined ? "" : now.current.asked.keyOf(item);
    };
    const selectKeyAt = (index: number) => {
      const { items, selects, keyOf } = now.current.asked;
      const item = items[index];
      return item === undefined ? undefined : (selects ?? keyOf)(item);
    };
    const row = (index: number) =>
      now.current.asked.scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    const go = (index: number) => {
      setAt({ key: keyAt(index), index });
      scroll.current(index);
      requestAnimationFrame(() => row(index)?.focus());
    };
    const extend = (from: number, to: number) => {
      const { items, selection, selects, keyOf } = now.current.asked;
      selection?.select(extended(selection.selected, items.map(selects ?? keyOf), from, to));
    };
    const picked = (index: number, further: boolean) => {
      const { selection } = now.current.asked;
      const key = selectKeyAt(index);
      if (!selection || key === undefined) return;
      if (further && anchor.current !== undefined) extend(anchor.current, index);
      else {
        selection.select(toggled(selection.selected, key));
        anchor.current = index;
      }
    };
    const selectAll = (all: boolean) => {
      const { items, selection, selects, keyOf } = now.current.asked;
      const keys = all ? items.map(selects ?? keyOf).filter((key) => key !== undefined) : [];
      selection?.select(new Set(keys));
    };
    const sideways = (event: KeyboardEvent<HTMLDivElement>, step: 1 | -1) => {
      const parts = [...event.currentTarget.querySelectorAll<HTMLElement>(INSIDE)];
      const next = reached(parts.indexOf(event.target as HTMLElement), step, parts.length);
      (next < 0 ? event.currentTarget : parts[next])?.focus();
    };
    const pressed = (event: KeyboardEvent<HTMLDivElement>, index: number) => {
      const { items, onOpen, selection, scroller, rowHeight } = now.current.asked;
      if ((event.target as HTMLElement).matches(OWN_KEYS) || event.defaultPrevented) return;
      const onRow = event.target === event.currentTarget;
      const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
      const to = moved(event.key, { index, count: items.length, page });
      const item = items[index];
      const command = event.ctrlKey || event.metaKey;
      if (to !== undefined && !event.altKey && !command) {
        if (event.shiftKey && selection) {
          anchor.current ??= index;
          extend(anchor.current, to);
        } else anchor.current = undefined;
        go(to);
      } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
        sideways(event, event.key === "ArrowRight" ? 1 : -1);
      } else if (event.key === "Escape" && (!onRow || selection?.selected.size)) {
        if (onRow) selectAll(false);
        else event.currentTarget.focus();
      } else if (event.key === "a" && command && selection) selectAll(true);
      else if (onRow && event.key === "Enter" && item !== undefined && onOpen) onOpen(item);
      else if (onRow && event.key === " " && selection) picked(index, event.shiftKey);
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    const clicked = (event: MouseEvent<HTMLElement>, index: number) => {
      const { items, onOpen, selection } = now.current.asked;
      const item = items[index];
      const within = (event.target as HTMLElement).closest("a, button, input, label");
      if (item === undefined || within || window.getSelection()?.toString()) return;
      if (selection && (event.shiftKey || event.ctrlKey || event.metaKey)) picked(index, event.shiftKey);
      else onOpen?.(item);
    };
    const focusedAt = (index: number) => setAt({ key: keyAt(index), index });
    return { focused: focusedAt, pressed, clicked, picked };
  }, []);

  // A table that is put away, as behind another page, has no focus, and not each browser tells it so: nor has it when it is back.
  useLayoutEffect(() => {
    return () => {
      within.current = false;
    };
  }, []);
  // A row that goes while it has the focus hands it to the one that takes its place; React tells of no blur then.
  useLayoutEffect(() => {
    const active = document.activeElement;
    if (within.current && (active === document.body || active === null)) {
      now.current.asked.scroller.current?.querySelector<HTMLElement>(`[data-index="${focused}"]`)?.focus();
    }
  });

  return { focused, hands, inside, scroll };
}

/** Where the row that has the keyboard is now; the one in its old place when it has gone. */
function placeOf<Item>({ items, keyOf }: Asked<Item>, at: { key: string; index: number }): number {
  const there = items[at.index];
  if (there !== undefined && keyOf(there) === at.key) return at.index;
  const found = at.key ? items.findIndex((item) => keyOf(item) === at.key) : -1;
  return found >= 0 ? found : Math.max(0, Math.min(at.index, items.length - 1));
}
