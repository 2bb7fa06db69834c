// The window onto a log: only the lines in sight are in the page.
import { type KeyboardEvent, type MouseEvent, type ReactNode, type RefObject, useLayoutEffect, useRef } from "react";
import classes from "./LogView.module.css";
import type { Found } from "./line.ts";
import { lineOf } from "./lines.ts";
import type { Log, Picture } from "./log.ts";
import type { Preferences } from "./preferences.ts";
import { Row } from "./Row.tsx";
import { shownTime } from "./times.ts";
import { useScrolling } from "./useScrolling.ts";

interface Props {
  label: string;
  log: Log;
  picture: Picture;
  preferences: Preferences;
  foundIn: (text: string) => readonly Found[];
  /** First and last of the lines that were marked by hand. */
  chosen: readonly [number, number] | undefined;
  /** The line that the search is at. */
  current: number | undefined;
  onChoose: (at: number, further: boolean) => void;
  onAll: (at: number) => void;
  onKey: (event: KeyboardEvent) => void;
  scroller: RefObject<HTMLDivElement | null>;
  children?: ReactNode;
}

export function Screen(props: Props) {
  const { log, picture, preferences, chosen, scroller } = props;
  const rows = useRef<HTMLDivElement>(null);
  const rowHeight = Math.round(preferences.letters * 1.55);
  const { height } = useScrolling(scroller, log, picture);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const fitted = () => {
      log.act((view) => {
        view.height = element.clientHeight;
        view.rowHeight = rowHeight;
        view.remeasure();
      });
      log.now();
    };
    fitted();
    const watcher = new ResizeObserver(fitted);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [log, rowHeight, scroller]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what changes heights
  useLayoutEffect(() => {
    log.act((view) => view.remeasure());
  }, [log, preferences.wrap, preferences.time]);

  // Where lines are wrapped their heights are known once they are laid: then they are put where they belong, before they are painted.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each picture
  useLayoutEffect(() => {
    if (!preferences.wrap || !rows.current) return;
    let news = false;
    for (const row of rows.current.children as HTMLCollectionOf<HTMLElement>) {
      news = log.view.measured(Number(row.dataset.at), row.offsetHeight) || news;
    }
    if (news) log.now();
  }, [log, picture, preferences.wrap]);

  const clicked = (event: MouseEvent) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-mark], [data-all]");
    if (button?.dataset.mark) props.onChoose(Number(button.dataset.mark), event.shiftKey);
    if (button?.dataset.all) props.onAll(Number(button.dataset.all));
  };
  const style = { "--log-letters": `${preferences.letters}px`, "--log-row": `${rowHeight}px` } as React.CSSProperties;
  return (
    <div className={classes.frame} style={style}>
      <div
        ref={scroller}
        className={classes.scroller}
        role="log"
        aria-live="off"
        aria-label={props.label}
        aria-busy={picture.waits}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keys
        tabIndex={0}
        onKeyDown={props.onKey}
        onClick={clicked}
      >
        <div style={{ height }}>
          <div
            className={`${classes.window} ${picture.waits ? classes.waits : ""}`}
            style={{ height: log.view.height }}
          >
            <div ref={rows} className={classes.rows} style={{ transform: `translateY(${picture.sight.top}px)` }}>
              {picture.sight.rows.map(({ at, block, row }) => {
                const { line, rest } = lineOf(log.blocks, block, row);
                const time = block.time(row);
                return (
                  <Row
                    key={at}
                    at={at}
                    stream={block.stream[row] as number}
                    line={line}
                    rest={rest}
                    time={time}
                    clock={shownTime(time, preferences.time, picture.began)}
                    found={props.foundIn(line.text)}
                    chosen={chosen !== undefined && at >= chosen[0] && at <= chosen[1]}
                    current={props.current !== undefined && block.holds(row, props.current)}
                    underway={block.isUnderway(row)}
                  />
                );
              })}
            </div>
          </div>
        </div>
      </div>
      {props.children}
    </div>
  );
}
