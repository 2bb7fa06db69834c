// What somebody dropped or chose, as files and their places: folders are walked to their ends.
import { joined } from "../paths.ts";
import type { Ground, Wish } from "./kinds.ts";

export interface Walked {
  wishes: Wish[];
  /** Folders with nothing in them, which would be lost otherwise; the contract's. */
  folders: string[];
}

interface HandedItem extends DataTransferItem {
  /** Only where the browser knows it, and the page came safely. */
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
}

/**
 * All that is in `data`, beneath the directory `into`. What a browser tells of a drop is gone once its event is over, so this
 * must be called while that lasts.
 */
export async function dropped(data: DataTransfer, into: string): Promise<Walked> {
  const items = [...data.items].filter((item) => item.kind === "file") as HandedItem[];
  const got = items.map((item) => ({
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
    handle: item.getAsFileSystemHandle?.().catch(() => null),
  }));
  const walked: Walked = { wishes: [], folders: [] };
  for (const { entry, file, handle } of got) {
    const found = (await handle) ?? undefined;
    const ground = found ? { id: newId(), handle: found } : undefined;
    if (entry) await walk(entry, into, { ground, within: [] }, walked);
    else if (file) walked.wishes.push({ file, path: joined(into, file.name), ground });
  }
  return walked;
}

/** Files from an `<input>`; those of a chosen folder know where in it they are. */
export function chosen(files: Iterable<File>, into: string): Wish[] {
  return [...files].map((file) => ({ file, path: joined(into, file.webkitRelativePath || file.name) }));
}

interface Way {
  ground: Ground | undefined;
  within: readonly string[];
}

/** Without recursion into promises that wait for each other: a folder of a hundred thousand files is walked, too. */
async function walk(first: FileSystemEntry, into: string, way: Way, walked: Walked): Promise<void> {
  const left = [{ entry: first, path: joined(into, first.name), within: way.within }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { entry, path, within } = next;
    if (entry.isFile) {
      const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
      walked.wishes.push({ file, path, ground: way.ground, within });
      continue;
    }
    const entries = await entriesOf(entry as FileSystemDirectoryEntry);
    if (!entries.length) walked.folders.push(path);
    for (const one of entries.reverse()) {
      left.push({ entry: one, path: joined(path, one.name), within: [...within, one.name] });
    }
  }
}

/** A browser tells a hundred at a time. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return all;
    all.push(...some);
  }
}

/** For what lives in this browser only. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(36).padStart(2, "0")).join("");
}
