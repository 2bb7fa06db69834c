// Two things to look at: side by side, one over the other with a line to move, or what differs between them.
import { Box, Group, SegmentedControl, Slider, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import { size } from "../parts/words.ts";
import classes from "./compare.module.css";

export interface SidesProps {
  before: File | undefined;
  after: File | undefined;
  /** What the two sides are called: the attempts. */
  names: { before: string; after: string };
  draw: (file: File) => ReactNode;
}

type Way = "beside" | "over" | "difference";

export function Sides({ before, after, names, draw }: SidesProps) {
  const [way, setWay] = useState<Way>("beside");
  const [line, setLine] = useState(50);
  const both = before !== undefined && after !== undefined;
  const shown = both ? way : "beside";
  // The same elements whichever way they are shown: a video is not loaded and sought again for it.
  return (
    <>
      {both ? <Ways way={way} onWay={setWay} /> : null}
      <div
        className={classes.sides}
        data-both={both || undefined}
        data-way={shown}
        style={{ "--line": `${line}%` } as React.CSSProperties}
      >
        {before ? <Side key="before" file={before} name={names.before} draw={draw} /> : null}
        {after ? <Side key="after" file={after} name={names.after} draw={draw} /> : null}
      </div>
      {shown === "over" ? (
        <Group gap="sm" mt={6} wrap="nowrap">
          <Text size="xs">{names.before}</Text>
          <Slider
            flex={1}
            size="sm"
            label={null}
            thumbLabel="Where one ends and the other begins"
            value={line}
            onChange={setLine}
          />
          <Text size="xs">{names.after}</Text>
        </Group>
      ) : null}
      {shown === "difference" ? (
        <Text size="xs" mt={6}>
          Black is the same in both; what differs shines.
        </Text>
      ) : null}
    </>
  );
}

function Ways({ way, onWay }: { way: Way; onWay: (way: Way) => void }) {
  return (
    <Box mb={6}>
      <SegmentedControl
        size="xs"
        aria-label="How the two are shown"
        data={[
          { value: "beside", label: "Side by side" },
          { value: "over", label: "One over the other" },
          { value: "difference", label: "Difference" },
        ]}
        value={way}
        onChange={(value) => onWay(value as Way)}
      />
    </Box>
  );
}

function Side({ file, name, draw }: { file: File; name: string; draw: (file: File) => ReactNode }) {
  return (
    <figure className={classes.side}>
      <figcaption>
        <Text size="xs" ff="monospace" component="span">
          {name}
        </Text>{" "}
        <Text size="xs" component="span" c="dimmed">
          {size(file.size)}
        </Text>
      </figcaption>
      {draw(file)}
    </figure>
  );
}
