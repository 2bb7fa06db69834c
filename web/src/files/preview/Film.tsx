// A video to inspect: any moment of it at once, slower and faster, picture by picture. What the browser cannot play is said.
import { Alert, Anchor, Group, SegmentedControl, Text } from "@mantine/core";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { fileAddress } from "../../parts/names.ts";
import { shown } from "../paths.ts";
import { Rhythm } from "./frames.ts";
import type { Shows } from "./Preview.tsx";
import classes from "./preview.module.css";

const RATES = ["0.25", "0.5", "1", "2", "4", "8"];

export function Film({ file, height }: Shows) {
  const video = useRef<HTMLVideoElement>(null);
  const [rate, setRate] = useState("1");
  const [fault, setFault] = useState("");
  const rhythm = useRef(new Rhythm());

  useEffect(() => {
    if (video.current) video.current.playbackRate = Number(rate);
  }, [rate]);
  useEffect(() => {
    const element = video.current;
    if (!element?.requestVideoFrameCallback) return;
    let handle = 0;
    const seen: VideoFrameRequestCallback = (_, { mediaTime, presentedFrames }) => {
      rhythm.current.saw(mediaTime, presentedFrames);
      handle = element.requestVideoFrameCallback(seen);
    };
    handle = element.requestVideoFrameCallback(seen);
    return () => element.cancelVideoFrameCallback(handle);
  }, []);

  const step = (frames: number) => {
    const element = video.current;
    if (!element) return;
    element.pause();
    element.currentTime = Math.max(0, element.currentTime + frames * rhythm.current.frame());
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "," && event.key !== ".") return;
    event.preventDefault();
    step(event.key === "." ? 1 : -1);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys that the video itself leaves to others
    <div onKeyDown={pressed}>
      {fault ? <CannotPlay path={file.path} why={fault} /> : null}
      {/* biome-ignore lint/a11y/useMediaCaption: what stages make has no words */}
      <video
        ref={video}
        className={classes.film}
        style={{ maxHeight: height }}
        src={fileAddress(file.path, `etag=${file.etag}`)}
        poster={fileAddress(file.path, `thumbnail=1024&etag=${file.etag}`)}
        controls
        preload="metadata"
        playsInline
        aria-label={shown(file.baseName)}
        onError={({ currentTarget }) => setFault(saidOf(currentTarget.error))}
        onLoadedMetadata={({ currentTarget }) => {
          setFault(currentTarget.videoWidth === 0 ? "Of its pictures it knows no way to show any" : "");
          currentTarget.playbackRate = Number(rate);
        }}
      />
      <Group gap="xs" mt={6} display={fault ? "none" : undefined}>
        <SegmentedControl
          size="xs"
          aria-label="Speed"
          value={rate}
          onChange={setRate}
          data={RATES.map((value) => ({ value, label: `${value}×` }))}
        />
        <Text size="xs">“,” and “.” step by one picture</Text>
      </Group>
    </div>
  );
}

export function Sound({ file }: Shows) {
  const [fault, setFault] = useState("");
  return (
    <>
      {fault ? <CannotPlay path={file.path} why={fault} /> : null}
      {/* biome-ignore lint/a11y/useMediaCaption: what stages make has no words */}
      <audio
        style={{ width: "100%" }}
        src={fileAddress(file.path, `etag=${file.etag}`)}
        controls
        preload="metadata"
        aria-label={shown(file.baseName)}
        onError={({ currentTarget }) => setFault(saidOf(currentTarget.error))}
      />
    </>
  );
}

function CannotPlay({ path, why }: { path: string; why: string }) {
  return (
    <Alert
      color="orange"
      variant="light"
      styles={{ label: { color: "var(--mantine-color-text)" } }}
      title="This browser cannot play it"
      mb="xs"
      role="status"
    >
      {why}.{" "}
      <Anchor inherit underline="always" href={fileAddress(path, "download")}>
        Download it
      </Anchor>{" "}
      and play it with another program.
    </Alert>
  );
}

function saidOf(error: MediaError | null): string {
  if (error?.code === MediaError.MEDIA_ERR_NETWORK) return "The connection was cut while it was loading";
  if (error?.code === MediaError.MEDIA_ERR_DECODE)
    return "Something in it is damaged, or in a form that the browser does not know";
  return "It is in a form that the browser does not know, or it is damaged";
}
