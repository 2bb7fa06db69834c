// A directory as a table: what is in it, what each is, and how large. It knows neither dialogs nor addresses.
import { Group, Image, Text, VisuallyHidden } from "@mantine/core";
import {
  IconFile,
  IconFileTypeZip,
  IconFolder,
  IconLink,
  IconMusic,
  IconPhoto,
  IconQuestionMark,
  IconVideo,
} from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { type File, FileKind } from "../api/winslow/v1/file_pb.ts";
import { Ago } from "../parts/Ago.tsx";
import { fileAddress } from "../parts/names.ts";
import type { Column, Selection } from "../parts/VirtualTable.tsx";
import { VirtualTable } from "../parts/VirtualTable.tsx";
import { size } from "../parts/words.ts";
import { Slots } from "../projects/slots.ts";
import classes from "./files.module.css";
import type { Sorting } from "./order.ts";
import { isArchive, kindWord, shown } from "./paths.ts";
import { hasThumbnail, lookOf } from "./preview/kinds.ts";

export const isFolder = (file: File) => file.kind === FileKind.DIRECTORY;
const pathOf = (file: File) => file.path;
const nameOf = (file: File) => shown(file.baseName);

interface Props {
  label: string;
  files: readonly File[];
  onOpen?: (file: File) => void;
  columns: readonly Column<File>[];
  selection?: Selection;
  height?: string;
  /** What is about to be moved elsewhere. */
  faded?: (file: File) => boolean;
  /** Asks for what follows, when one comes near the end. */
  more?: () => void;
  /** The list begins at its top when this becomes another. */
  asked?: unknown;
}

export function FileTable({ label, files, more, ...rest }: Props) {
  return (
    <div className={classes.listed}>
      <VirtualTable<File>
        label={label}
        items={files}
        keyOf={pathOf}
        nameOf={nameOf}
        {...(more ? { onEnd: more } : {})}
        {...rest}
      />
    </div>
  );
}

interface Drawn {
  /** The name's cell, where more than the name is told. */
  name?: (file: File) => ReactNode;
  sorting?: Sorting | undefined;
  sort?: ((by: Sorting["by"]) => void) | undefined;
  /** What stands behind each name: a menu, perhaps. */
  hands?: ((file: File) => ReactNode) | undefined;
}

/** The columns of every list of files; keep them the same object as long as nothing about them changes. */
export function fileColumns({ name, sorting, sort, hands }: Drawn): Column<File>[] {
  const by = (key: Sorting["by"]) =>
    sort ? { sort: { direction: sorting?.by === key ? sorting.direction : undefined, toggle: () => sort(key) } } : {};
  return [
    {
      key: "name",
      header: "Name",
      width: "minmax(8rem, 4fr)",
      cell: name ?? ((file) => <Name file={file} />),
      ...by("name"),
    },
    {
      key: "kind",
      header: "Kind",
      width: "minmax(6rem, 1fr)",
      from: 720,
      cell: (file) => <Text size="sm">{kindWord(file.kind, file.mediaType, file.baseName)}</Text>,
      ...by("kind"),
    },
    {
      key: "size",
      header: "Size",
      width: "5.5rem",
      from: 440, // narrower, it stands beneath the name
      cell: (file) =>
        file.kind === FileKind.FILE ? (
          <Text size="sm" title={`${file.size} bytes`} style={{ fontVariantNumeric: "tabular-nums" }}>
            {size(file.size)}
          </Text>
        ) : null,
      ...by("size"),
    },
    {
      key: "time",
      header: "Changed",
      width: "8.5rem",
      from: 560,
      cell: (file) => (file.modifyTime?.seconds ? <Ago time={file.modifyTime} /> : null),
      ...by("time"),
    },
    ...(hands
      ? [{ key: "hands", header: <VisuallyHidden>What to do</VisuallyHidden>, width: "2.5rem", cell: hands }]
      : []),
  ];
}

export function Name({ file, also }: { file: File; also?: ReactNode }) {
  return (
    <Group gap="xs" wrap="nowrap" miw={0}>
      <Sign file={file} />
      <div style={{ minWidth: 0, flex: 1 }}>
        <Called name={shown(file.baseName)} />
        {file.kind === FileKind.FILE ? (
          <Text size="xs" c="dimmed" className={classes.beneath}>
            {size(file.size)}
          </Text>
        ) : null}
        {also}
      </div>
    </Group>
  );
}

/** Letters of the end of a long name, by which a frame is told from the next. */
const END = 12;
const LONG = 24;
/** Of scripts that are written from the right, the end would stand at the wrong side. */
const LEFTWARD = /\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u;

/** A name in one line: where there is no room for it, its middle is left out. */
function Called({ name }: { name: string }) {
  const letters = [...name];
  if (letters.length < LONG || LEFTWARD.test(name))
    return (
      <Text size="sm" truncate="end" title={name}>
        {name}
      </Text>
    );
  return (
    <Text size="sm" className={classes.called} title={name}>
      <span>{letters.slice(0, -END).join("")}</span>
      <span>{letters.slice(-END).join("")}</span>
    </Text>
  );
}

const SIGN = 32;
/** The node makes pictures of videos one by one, and what a person does must not wait for them. */
const turns = new Slots(2);
/** Milliseconds: rows that are scrolled past ask for nothing. */
const REST = 120;

/** A small picture of a file, or a sign for what it is. */
export function Sign({ file }: { file: File }) {
  return file.kind === FileKind.FILE && hasThumbnail(file) ? (
    <Thumbnail key={file.etag} file={file} />
  ) : (
    <Icon file={file} />
  );
}

function Thumbnail({ file: { path, etag }, file }: { file: File }) {
  const [address, setAddress] = useState("");
  const end = useRef(() => {});
  useEffect(() => {
    const asked = fileAddress(path, `thumbnail=96&etag=${etag}`);
    const timer = setTimeout(() => {
      end.current = turns.take(() => setAddress(asked));
    }, REST);
    return () => {
      clearTimeout(timer);
      end.current();
    };
  }, [path, etag]);
  if (!address) return <Icon file={file} />;
  const failed = () => {
    setAddress("");
    end.current();
  };
  return (
    <Image
      src={address}
      alt=""
      w={SIGN}
      h={SIGN}
      fit="cover"
      radius="xs"
      flex="none"
      onLoad={() => end.current()}
      onError={failed}
    />
  );
}

function Icon({ file }: { file: File }) {
  const Shape = iconOf(file);
  return (
    <Group w={SIGN} h={SIGN} justify="center" flex="none" c={isFolder(file) ? "teal" : "dimmed"}>
      <Shape size={20} stroke={1.6} aria-hidden />
    </Group>
  );
}

function iconOf(file: File) {
  if (isFolder(file)) return IconFolder;
  if (file.kind === FileKind.SYMLINK) return IconLink;
  if (file.kind !== FileKind.FILE) return IconQuestionMark;
  if (isArchive(file.baseName)) return IconFileTypeZip;
  const look = lookOf(file);
  return { picture: IconPhoto, video: IconVideo, audio: IconMusic }[look as "picture"] ?? IconFile;
}
