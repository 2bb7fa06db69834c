// The tabs of a page in one line, however narrow: they scroll sideways, and the one that is chosen is in sight.
import { Tabs, type TabsListProps } from "@mantine/core";
import { useLayoutEffect, useRef } from "react";
import classes from "./TabStrip.module.css";

/** `at` is the value of the tab that is chosen. */
export function TabStrip({ at, ...more }: TabsListProps & { at: string }) {
  const strip = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked for in the page, once another is chosen
  useLayoutEffect(() => {
    const list = strip.current;
    const tab = list?.querySelector<HTMLElement>("[role=tab][aria-selected=true]");
    if (!list || !tab) return;
    const [from, to] = [tab.offsetLeft, tab.offsetLeft + tab.offsetWidth];
    if (from < list.scrollLeft || to > list.scrollLeft + list.clientWidth) {
      list.scrollLeft = (from + to - list.clientWidth) / 2;
    }
  }, [at]);
  return <Tabs.List ref={strip} className={classes.strip ?? ""} {...more} />;
}
