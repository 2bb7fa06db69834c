// A picture to look into: fitted first, then as close as one wants. A large one is seen small until it has come.
import { ActionIcon, Box, Group, Text } from "@mantine/core";
import { IconMaximize, IconMinus, IconPlus } from "@tabler/icons-react";
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { fileAddress } from "../../parts/names.ts";
import { shown } from "../paths.ts";
import type { Shows } from "./Preview.tsx";
import classes from "./preview.module.css";
import { FITTED, moved, type View, zoomed } from "./zoom.ts";

/** Bytes from which on the small one is shown first. */
const LARGE = 512 * 2 ** 10;
const STEP = 1.5;

export function Picture({ file, height }: Shows) {
  const [view, setView] = useState<View>(FITTED);
  const [whole, setWhole] = useState(false);
  const [broken, setBroken] = useState(false);
  const [unseen, setUnseen] = useState(false);
  const [pixels, setPixels] = useState("");
  const frame = useRef<HTMLDivElement>(null);
  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const zoom = (by: number, x = 0, y = 0) => setView((now) => zoomed(now, by, x, y));

  useEffect(() => {
    const box = frame.current;
    if (!box) return;
    // React's own wheel listeners are passive: the page would scroll as well.
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top, width, height } = box.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 400), event.clientX - left - width / 2, event.clientY - top - height / 2);
    };
    box.addEventListener("wheel", wheel, { passive: false });
    return () => box.removeEventListener("wheel", wheel);
  });

  const dragged = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    const now = { x: event.clientX, y: event.clientY };
    pointers.current.set(event.pointerId, now);
    if (other)
      zoom(
        Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y)),
      );
    else setView((view) => moved(view, now.x - before.x, now.y - before.y));
  };
  const pressed = (event: KeyboardEvent) => {
    const moves: Record<string, () => void> = {
      "+": () => zoom(STEP),
      "=": () => zoom(STEP),
      "-": () => zoom(1 / STEP),
      "0": () => setView(FITTED),
      ArrowLeft: () => setView((now) => moved(now, 60, 0)),
      ArrowRight: () => setView((now) => moved(now, -60, 0)),
      ArrowUp: () => setView((now) => moved(now, 0, 60)),
      ArrowDown: () => setView((now) => moved(now, 0, -60)),
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  };
  const small = fileAddress(file.path, `thumbnail=1024&etag=${file.etag}`);
  const full = fileAddress(file.path, `etag=${file.etag}`);
  const large = file.size > LARGE;
  const transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  if (unseen)
    return (
      <Text size="sm" py="sm">
        Neither this browser nor the node can make a picture of it: it is in a form that they do not know, or damaged.
        Download it, and look at it with another program.
      </Text>
    );
  return (
    <Box>
      <Group gap={4} mb={4}>
        <ActionIcon variant="default" size="sm" aria-label="Closer" onClick={() => zoom(STEP)}>
          <IconPlus size={14} aria-hidden />
        </ActionIcon>
        <ActionIcon variant="default" size="sm" aria-label="Further away" onClick={() => zoom(1 / STEP)}>
          <IconMinus size={14} aria-hidden />
        </ActionIcon>
        <ActionIcon variant="default" size="sm" aria-label="Fit it in" onClick={() => setView(FITTED)}>
          <IconMaximize size={14} aria-hidden />
        </ActionIcon>
        <Text size="sm">
          {Math.round(view.scale * 100)} % {pixels}
        </Text>
        {broken ? <Text size="sm">This browser cannot show it in full: this is a small one</Text> : null}
        {!whole && !broken && large ? <Text size="sm">Loading all of it…</Text> : null}
      </Group>
      {/* biome-ignore lint/a11y/useSemanticElements: a group of one picture that is moved by keys */}
      <div
        ref={frame}
        className={classes.frame}
        style={{ height }}
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is moved and zoomed by keys
        tabIndex={0}
        aria-label="Picture: plus and minus zoom, arrows move, 0 fits it in"
        onKeyDown={pressed}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
        }}
        onPointerMove={dragged}
        onPointerUp={(event) => pointers.current.delete(event.pointerId)}
        onPointerCancel={(event) => pointers.current.delete(event.pointerId)}
        onDoubleClick={() => setView((now) => (now.scale === 1 ? zoomed(now, 3, 0, 0) : FITTED))}
      >
        {(large && !whole) || broken ? (
          <img
            key={String(broken)}
            src={small}
            alt={broken ? shown(file.baseName) : ""}
            style={{ transform }}
            draggable={false}
            // Where the whole one comes, nobody needs the small one.
            onError={() => broken && setUnseen(true)}
          />
        ) : null}
        {broken ? null : (
          <img
            src={full}
            alt={shown(file.baseName)}
            style={{ transform, visibility: whole || !large ? "visible" : "hidden" }}
            draggable={false}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
              setWhole(true);
              setPixels(naturalWidth ? `of ${naturalWidth} × ${naturalHeight} pixels, fitted` : "");
            }}
            onError={() => setBroken(true)}
          />
        )}
      </div>
    </Box>
  );
}
