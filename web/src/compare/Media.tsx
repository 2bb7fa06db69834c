// Pictures, videos and tables of an attempt, beside those of another: a strip to choose from, and the chosen one large.
import { Skeleton, Stack, Text } from "@mantine/core";
import { IconBraces, IconFileTypeCsv, IconMovie, IconMusic, IconPhoto, type IconProps } from "@tabler/icons-react";
import { type ComponentType, type KeyboardEvent, useMemo } from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import { shown } from "../files/paths.ts";
import { hasThumbnail, type Look } from "../files/preview/kinds.ts";
import { Preview } from "../files/preview/Preview.tsx";
import { fileAddress, idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import classes from "./compare.module.css";
import { Films } from "./Films.tsx";
import { type Mark, marked, type Pair, pairsOf } from "./pairs.ts";
import { Sides } from "./Sides.tsx";
import type { Comparison } from "./useComparison.ts";
import { useFound } from "./useFound.ts";

interface Props {
  /** Stages' names; `before` "" for none. */
  after: string;
  before: string;
  comparison: Comparison;
  /** How far the two are. */
  as: string;
  /** The path beneath the attempts that is shown large; undefined for the first one. */
  file: string | undefined;
  onFile: (path: string) => void;
}

export function Media({ after, before, comparison, as, file, onFile }: Props) {
  const now = useFound(after, as);
  const then = useFound(before, as);
  const pairs = useMemo(() => {
    const found = pairsOf({ root: after, files: now.files }, { root: before, files: then.files });
    if (!before) return found;
    const differing = new Set(comparison.files.map(({ path }) => path));
    return marked(found, differing, comparison.whole);
  }, [after, before, now.files, then.files, comparison.files, comparison.whole]);
  if (now.waiting || then.waiting) return <Skeleton height={220} aria-label="Looking for pictures and videos" />;
  if (now.error && pairs.length === 0) return <ProblemNote error={now.error} />;
  if (pairs.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        It made no pictures, videos or tables.
      </Text>
    );
  }
  const chosen = pairs.find(({ path }) => path === file) ?? (pairs[0] as Pair);
  return (
    <Stack gap="sm">
      <Strip pairs={pairs} chosen={chosen} onChoose={onFile} compared={Boolean(before)} />
      {now.cut || then.cut ? (
        <Text size="xs">
          There are so many files that only the first of them are here. All of them are under Files.
        </Text>
      ) : null}
      <PairShown key={chosen.path} pair={chosen} names={{ before: idOf(before), after: idOf(after) }} />
    </Stack>
  );
}

const SIGNS: Partial<Record<Look, ComponentType<IconProps>>> = {
  video: IconMovie,
  picture: IconPhoto,
  audio: IconMusic,
  table: IconFileTypeCsv,
  tree: IconBraces,
};
const MARKS: Record<Mark, string> = {
  added: "added",
  removed: "removed",
  changed: "changed",
  same: "same",
  unknown: "",
};

interface StripProps {
  pairs: readonly Pair[];
  chosen: Pair;
  compared: boolean;
  onChoose: (path: string) => void;
}

function Strip({ pairs, chosen, compared, onChoose }: StripProps) {
  const pressed = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = pairs[pairs.indexOf(chosen) + step];
    if (!next) return;
    onChoose(next.path);
    event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]")[pairs.indexOf(next)]?.focus();
  };
  return (
    <div className={classes.strip} role="tablist" aria-label="Files to look at" onKeyDown={pressed}>
      {pairs.map((pair) => {
        const { path, look, mark } = pair;
        const Sign = SIGNS[look];
        const picture = [pair.after, pair.before].find((file) => file !== undefined && hasThumbnail(file));
        return (
          <button
            type="button"
            key={path}
            role="tab"
            className={classes.chip}
            aria-selected={pair === chosen}
            tabIndex={pair === chosen ? 0 : -1}
            onClick={() => onChoose(path)}
          >
            {picture ? <Thumb file={picture} /> : Sign ? <Sign size={18} aria-hidden /> : null}
            <span className={classes.chipname}>
              <Text size="sm" component="span">
                {shown(path)}
              </Text>
            </span>
            {compared && MARKS[mark] ? (
              <Text size="xs" component="span" fw={mark === "same" ? 400 : 600}>
                {MARKS[mark]}
              </Text>
            ) : null}
          </button>
        );
      })}
    </div>
  );
}

function Thumb({ file }: { file: File }) {
  return (
    <img
      className={classes.thumb}
      alt=""
      loading="lazy"
      src={fileAddress(file.path, `thumbnail=128&etag=${file.etag}`)}
      onError={({ currentTarget }) => {
        currentTarget.style.visibility = "hidden";
      }}
    />
  );
}

function PairShown({ pair, names }: { pair: Pair; names: { before: string; after: string } }) {
  const { look, before, after } = pair;
  const only = after ?? before;
  if (!only) return null;
  if (!before || !after) {
    return (
      <Stack gap={4}>
        {names.before ? <Text size="sm">Only {after ? names.after : names.before} has it.</Text> : null}
        <Preview path={only.path} />
      </Stack>
    );
  }
  if (look === "video") return <Films before={before} after={after} names={names} />;
  if (look === "picture") {
    return (
      <Sides
        {...{ before, after, names }}
        draw={(file) => (
          <img className={classes.media} src={fileAddress(file.path, `etag=${file.etag}`)} alt={shown(file.baseName)} />
        )}
      />
    );
  }
  return (
    <div className={classes.sides} data-both data-way="beside">
      {[before, after].map((file, index) => (
        <section key={file.path} className={classes.side} aria-label={index ? names.after : names.before}>
          <Text size="xs" ff="monospace">
            {index ? names.after : names.before}
          </Text>
          <Preview path={file.path} bare />
        </section>
      ))}
    </div>
  );
}
