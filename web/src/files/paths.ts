// What a path of the contract says: where it is, what people may do there, what a container calls it. Pure.
import { FileKind } from "../api/winslow/v1/file_pb.ts";

export const parts = (path: string): string[] => path.split("/").filter(Boolean);
export const clean = (path: string): string => parts(path).join("/");
export const joined = (...some: string[]): string => clean(some.join("/"));
export const above = (path: string): string => parts(path).slice(0, -1).join("/");
export const baseName = (path: string): string => parts(path).at(-1) ?? "";

/** Whether `path` is `directory` or beneath it. */
export const isWithin = (path: string, directory: string): boolean =>
  directory === "" || path === directory || path.startsWith(`${directory}/`);

/**
 * Whether people may put something into the directory `path`: resources, a project's input and its zeroth workspace are
 * theirs. What an attempt made stays as it is.
 */
export function takesFiles(path: string): boolean {
  const [root, , pool] = parts(path);
  return root === "resources" || (root === "projects" && (pool === "input" || pool === "workspace"));
}

/** Whether `path` is a pool's own directory, which can be filled and not moved or deleted. */
export function isPool(path: string): boolean {
  const found = parts(path);
  return (
    (found.length === 1 && found[0] === "resources") ||
    (found.length === 3 && found[0] === "projects" && takesFiles(path))
  );
}

/** Whether an attempt made what is there, so that it stays as it is. */
export const isRecord = (path: string): boolean => /^projects\/[^/]+\/(stages|output)(\/|$)/.test(path);

/** The path as a stage of the project sees it; undefined where none does. */
export function inContainer(path: string): string | undefined {
  const [root, , pool, ...rest] = parts(path);
  if (root === "resources") return `/${clean(path)}`;
  if (root !== "projects") return undefined;
  if (pool === "input") return `/${["input", ...rest].join("/")}`;
  if (pool === "workspace") return `/${["workspace", ...rest].join("/")}`;
  const [, kind, ...beneath] = rest;
  if (pool === "stages" && (kind === "workspace" || kind === "output")) return `/${[kind, ...beneath].join("/")}`;
  return undefined;
}

/** What `name` is called where `taken` are: "clip (2).mp4". */
export function another(name: string, taken: (name: string) => boolean): string {
  const dot = name.lastIndexOf(".");
  const [stem, end] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  for (let count = 2; ; count++) {
    const found = `${stem} (${count})${end}`;
    if (!taken(found)) return found;
  }
}

/** What is wrong with a name that somebody gives to a file; undefined when nothing is. */
export function faultOf(name: string): string | undefined {
  if (!name.trim()) return "Give it a name";
  if (name === "." || name === "..") return "That name means a directory already";
  if (name.includes("/")) return "A name has no “/” in it";
  if (name.includes("\0")) return "A name has no zero byte in it";
  if (new TextEncoder().encode(name).length > 255) return "That name is too long: at most 255 bytes";
  return undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A name as it may be shown: what would hide, break or turn around what is beside it is made visible. */
export function shown(name: string): string {
  return name.replace(CONTROL, (one) => `⟨U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

const KINDS: Record<FileKind, string> = {
  [FileKind.UNSPECIFIED]: "Unknown",
  [FileKind.FILE]: "File",
  [FileKind.DIRECTORY]: "Folder",
  [FileKind.SYMLINK]: "Link",
  [FileKind.OTHER]: "Device",
};

/** What a file is, for people. */
export function kindWord(kind: FileKind, mediaType: string, name: string): string {
  if (kind !== FileKind.FILE) return KINDS[kind];
  const end = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toUpperCase() ?? "";
  const main = mediaType.split("/")[0] ?? "";
  const word = { image: "image", video: "video", audio: "audio", text: "text" }[main] ?? "file";
  return end ? `${end} ${word}` : word === "file" ? "File" : word[0]?.toUpperCase() + word.slice(1);
}

const ARCHIVES = /\.(zip|tar|tar\.gz|tgz|tar\.bz2|tbz2?|tar\.xz|txz)$/i;
export const isArchive = (name: string): boolean => ARCHIVES.test(name);
/** "frames" of "frames.tar.gz". */
export const archiveStem = (name: string): string => name.replace(ARCHIVES, "");

/** Where `paths` come as one archive. */
export const archiveAddress = (paths: readonly string[], format: "zip" | "tar"): string =>
  `/archive?${paths.map((path) => `path=${encodeURIComponent(path)}&`).join("")}format=${format}`;
