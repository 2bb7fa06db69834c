// A stage's log, live and ended, of any length: only what is in sight is in the page, and only what is near it in memory.

import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Button, Group, Text, VisuallyHidden } from "@mantine/core";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Empty } from "../parts/Empty.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { size as sized } from "../parts/words.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { Chosen } from "./Chosen.tsx";
import classes from "./LogView.module.css";
import { lineOf } from "./lines.ts";
import { Log, type Picture } from "./log.ts";
import { patternOf } from "./patterns.ts";
import { usePreferences } from "./preferences.ts";
import { Ruler } from "./Ruler.tsx";
import { Screen } from "./Screen.tsx";
import { SearchBox } from "./SearchBox.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { useMarker } from "./useMarker.ts";
import { useSearch } from "./useSearch.ts";
import { useWaking } from "./useWaking.ts";
import { useWords } from "./useWords.ts";
import { WholeLine } from "./WholeLine.tsx";

export interface LogViewProps {
  /** `projects/P/stages/S`. */
  stage: string;
  /** The byte at which the line begins that is shown first and marked. */
  line?: string | undefined;
  /** What is searched for from the beginning: words, or `/an expression/`. */
  find?: string | undefined;
  /** Told when a person marks a line or searches, so that the address can say it; "" for none. */
  onPlace?: ((place: { line?: string; find?: string }) => void) | undefined;
  /** In CSS; most of the window where nothing is said. */
  height?: string | undefined;
}

const HEIGHT = "max(340px, calc(100dvh - 225px))";

export function LogView(props: LogViewProps) {
  // Another stage is another log: nothing of the last one stays.
  return <Viewed key={props.stage} {...props} />;
}

function Viewed({ stage, line, find = "", onPlace, height = HEIGHT }: LogViewProps) {
  const { logs } = useServices();
  const log = useMemo(() => new Log(logs, stage), [logs, stage]);
  const picture = useSyncExternalStore(log.subscribe, log.picture);
  const [preferences, prefer] = usePreferences();
  const [full, setFull] = useState(false);
  const [all, setAll] = useState<number>();
  const [failed, setFailed] = useState<unknown>();
  const [chosen, setChosen] = useState<readonly [number, number]>();
  const scroller = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLInputElement>(null);
  const searching = useSearch(logs, stage, log, picture.size, find);
  const patterns = useMemo(
    () => [patternOf(searching.find), ...preferences.marks.map(patternOf)],
    [searching.find, preferences.marks],
  );
  const texts = picture.sight.rows.map(({ block, row }) => lineOf(log.blocks, block, row).line.text);
  const { found, slow } = useMarker(patterns, texts);
  const words = useWords(picture);

  useWaking(log);
  useEffect(() => log.act((view) => view.show(preferences.shown)), [log, preferences.shown]);
  useEffect(() => {
    const at = Number(line);
    if (!line || !Number.isSafeInteger(at) || at < 0) return;
    setChosen((known) => (known?.[0] === at ? known : [at, at]));
    void log.source.block(at).then(
      () => log.act((view) => view.jump(at, Math.round(view.height / 3))),
      () => undefined, // what follows tells what is wrong with it
    );
  }, [log, line]);

  const end = useCallback(() => log.act((view) => view.end()), [log]);
  const choose = (at: number, further: boolean) => {
    const first = chosen?.[0];
    if (further && first !== undefined) return setChosen([Math.min(first, at), Math.max(chosen?.[1] ?? at, at)]);
    const off = chosen && chosen[0] === at && chosen[1] === at;
    setChosen(off ? undefined : [at, at]);
    onPlace?.({ line: off ? "" : String(at) });
  };
  const look = (next: string) => {
    searching.look(next);
    onPlace?.({ find: next });
  };
  const toTime = (at: number) => {
    setFailed(undefined);
    logs
      .locateLogTime({ name: stage, time: timestampFromMs(at) })
      .then(({ offset }) => log.act((view) => view.jump(Number(offset))), setFailed);
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys(log, {
      "/": () => box.current?.focus(),
      n: () => searching.go(true),
      N: () => searching.go(false),
      f: end,
      Escape: () => (full ? setFull(false) : setChosen(undefined)),
    })[event.key];
    if (!act || (event.target !== event.currentTarget && event.key === " ")) return;
    event.preventDefault();
    act();
  };
  const live = picture.following === "live";
  const nothing = picture.size === 0 && (live || picture.following === "ended");
  return (
    <section
      className={classes.view}
      data-wrap={preferences.wrap || undefined}
      data-full={full || undefined}
      aria-label="Log"
      style={{ "--log-height": full ? "100dvh" : height } as React.CSSProperties}
    >
      <Toolbar
        stage={stage}
        preferences={preferences}
        prefer={prefer}
        sticks={picture.sticks}
        live={live}
        full={full}
        slow={slow}
        onEnd={end}
        onTime={toTime}
        onFull={() => setFull(!full)}
        search={<SearchBox searching={searching} box={box} onLook={look} onLeave={() => scroller.current?.focus()} />}
      />
      {failed ? <ProblemNote error={failed} /> : null}
      <Screen
        label={`Log, ${sized(picture.size)}`}
        log={log}
        picture={picture}
        preferences={preferences}
        foundIn={found}
        chosen={chosen}
        current={searching.current}
        onChoose={choose}
        onAll={setAll}
        onKey={key}
        scroller={scroller}
      >
        <Ruler found={searching.found} size={picture.size} count={searching.says?.count ?? 0} />
        {nothing ? <Nothing ended={!live} /> : null}
        {!picture.sticks && picture.fresh > 0 ? (
          <div className={classes.float}>
            <Button size="xs" radius="xl" onClick={end}>
              {picture.fresh.toLocaleString()} new {picture.fresh === 1 ? "line" : "lines"}
            </Button>
          </div>
        ) : null}
      </Screen>
      <Group gap="sm" justify="space-between" mih={22}>
        <Standing picture={picture} />
        <Chosen log={log} chosen={chosen} shown={preferences.shown} onNone={() => setChosen(undefined)} />
      </Group>
      <VisuallyHidden role="status">{words}</VisuallyHidden>
      <WholeLine log={log} stage={stage} at={all} onClose={() => setAll(undefined)} />
    </section>
  );
}

function keys(log: Log, others: Record<string, () => void>): Record<string, () => void> {
  const { view } = log;
  const by = (pixels: () => number) => () => void log.act(() => view.scroll(pixels()));
  return {
    ...others,
    ArrowDown: by(() => view.rowHeight),
    ArrowUp: by(() => -view.rowHeight),
    PageDown: by(() => view.height - view.rowHeight),
    PageUp: by(() => view.rowHeight - view.height),
    " ": by(() => view.height - view.rowHeight),
    Home: () => log.act(() => view.jump(0)),
    End: () => log.act(() => view.end()),
  };
}

function Nothing({ ended }: { ended: boolean }) {
  return (
    <div className={classes.nothing}>
      <Empty title={ended ? "This stage wrote nothing" : "Nothing was written yet"}>
        {ended ? null : "Lines appear here as soon as the stage writes them."}
      </Empty>
    </div>
  );
}

function Standing({ picture }: { picture: Picture }) {
  const { following, size, sight, problem } = picture;
  if (following === "cut" || problem) {
    return (
      <Text size="xs" c="orange" role="alert">
        The node does not answer. What was read stays; the log goes on by itself as soon as it is back.
      </Text>
    );
  }
  const says = { asking: "Reading", live: "Live", ended: "Ended", resting: "Resting", cut: "" }[following];
  return (
    <Text size="xs">
      {says} · {sized(size)}
      {size > 0 && !picture.sticks ? ` · at ${Math.round(sight.fraction * 100)}%` : ""}
    </Text>
  );
}
