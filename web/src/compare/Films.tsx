// Two videos side by side and in step: one bar plays, pauses and seeks both; or one over the other, to see what differs.
import { ActionIcon, Alert, Anchor, Group, SegmentedControl, Slider, Text, Tooltip } from "@mantine/core";
import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
} from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import { shown } from "../files/paths.ts";
import { fileAddress } from "../parts/names.ts";
import classes from "./compare.module.css";
import { Sides, type SidesProps } from "./Sides.tsx";
import { InStep } from "./steps.ts";

const RATES = ["0.25", "0.5", "1", "2", "4"];
/** A picture, where nobody says how long one is. */
const FRAME = 1 / 25;

export function Films({ before, after, names }: Pick<SidesProps, "before" | "after" | "names">) {
  const films = useMemo(() => new InStep(), []);
  const [, setTick] = useState(0);
  const [rate, setRate] = useState("1");
  const told = () => setTick((count) => count + 1);
  const playing = films.playing;
  useEffect(() => {
    if (!playing) return;
    let handle = 0;
    const each = () => {
      films.gather();
      setTick((count) => count + 1);
      handle = requestAnimationFrame(each);
    };
    handle = requestAnimationFrame(each);
    return () => cancelAnimationFrame(handle);
  }, [playing, films]);
  const pressed = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).closest("[role=slider], input")) return;
    const far = event.shiftKey ? 5 : 1;
    const does: Record<string, () => void> = {
      " ": () => films.toggle(),
      k: () => films.toggle(),
      ArrowLeft: () => films.seek(films.time - far),
      ArrowRight: () => films.seek(films.time + far),
      ",": () => films.nudge(-FRAME),
      ".": () => films.nudge(FRAME),
      Home: () => films.seek(0),
      End: () => films.seek(films.duration),
    };
    const act = does[event.key];
    if (!act || (event.key === " " && (event.target as HTMLElement).closest("button"))) return;
    event.preventDefault();
    act();
    told();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys that work anywhere in it; each has a button, too
    <div onKeyDown={pressed} className={classes.films}>
      <Sides
        {...{ before, after, names }}
        draw={(file) => <Film key={file.path} file={file} films={films} onTold={told} />}
      />
      <Group gap="xs" wrap="nowrap" mt={6}>
        <ActionIcon
          aria-label={playing ? "Pause" : "Play"}
          onClick={() => {
            films.toggle();
            told();
          }}
        >
          {playing ? <IconPlayerPauseFilled size={16} /> : <IconPlayerPlayFilled size={16} />}
        </ActionIcon>
        <Tooltip label="One picture back  ,">
          <ActionIcon variant="default" aria-label="One picture back" onClick={() => films.nudge(-FRAME)}>
            <IconPlayerSkipBack size={14} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="One picture on  .">
          <ActionIcon variant="default" aria-label="One picture on" onClick={() => films.nudge(FRAME)}>
            <IconPlayerSkipForward size={14} />
          </ActionIcon>
        </Tooltip>
        <Slider
          flex={1}
          size="sm"
          thumbLabel="Time in the videos"
          label={clock}
          min={0}
          max={films.duration || 1}
          step={0.04}
          value={films.time}
          onChange={(time) => {
            films.seek(time);
            told();
          }}
        />
        <Text size="xs" ff="monospace" style={{ flex: "none" }}>
          {clock(films.time)} / {clock(films.duration)}
        </Text>
        <SegmentedControl
          size="xs"
          visibleFrom="sm"
          aria-label="Speed"
          data={RATES.map((value) => ({ value, label: `${value}×` }))}
          value={rate}
          onChange={(value) => {
            setRate(value);
            films.speed(Number(value));
          }}
        />
      </Group>
    </div>
  );
}

function Film({ file, films, onTold }: { file: File; films: InStep; onTold: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [fault, setFault] = useState(false);
  useEffect(() => (video.current ? films.join(video.current) : undefined), [films]);
  return (
    <>
      <video
        ref={video}
        className={classes.media}
        src={fileAddress(file.path, `etag=${file.etag}`)}
        poster={fileAddress(file.path, `thumbnail=1024&etag=${file.etag}`)}
        muted
        playsInline
        preload="auto"
        aria-label={shown(file.baseName)}
        onLoadedMetadata={() => {
          films.gather();
          onTold();
        }}
        onPlay={onTold}
        onPause={onTold}
        onSeeked={onTold}
        onEnded={onTold}
        onError={() => setFault(true)}
        onClick={() => {
          films.toggle();
          onTold();
        }}
      />
      {fault ? (
        <Alert color="orange" variant="light" p="xs" role="status">
          <Text size="sm">
            This browser cannot play it. <Anchor href={fileAddress(file.path, "download")}>Download it</Anchor> and play
            it with another program.
          </Text>
        </Alert>
      ) : null}
    </>
  );
}

/** "1:02.4" */
export function clock(seconds: number): string {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  const minutes = Math.floor(tenths / 600);
  return `${minutes}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}
