// Files that were dropped or chosen before the browser was closed, found again by what it gave us of them.
import type { Ground } from "./kinds.ts";

interface Asking extends FileSystemHandle {
  queryPermission?: (how: { mode: "read" }) => Promise<PermissionState>;
  requestPermission?: (how: { mode: "read" }) => Promise<PermissionState>;
}

export class Grounds {
  readonly #handles: Map<string, Asking>;
  readonly #allowed = new Map<string, boolean>();

  constructor(grounds: readonly Ground[]) {
    this.#handles = new Map(grounds.map(({ id, handle }) => [id, handle]));
  }

  /** The file at `within` of a ground; undefined when it is gone, "denied" when the person does not let us look. */
  async file(ground: string, within: readonly string[]): Promise<File | "denied" | undefined> {
    const handle = this.#handles.get(ground);
    if (!handle) return undefined;
    if (!(await this.#may(ground, handle))) return "denied";
    try {
      return await (await followed(handle, within)).getFile();
    } catch {
      return undefined;
    }
  }

  /** Asked once for each ground. */
  async #may(ground: string, handle: Asking): Promise<boolean> {
    const known = this.#allowed.get(ground);
    if (known !== undefined) return known;
    const now = await handle.queryPermission?.({ mode: "read" });
    const asked = now === "prompt" ? await handle.requestPermission?.({ mode: "read" }).catch(() => "denied") : now;
    this.#allowed.set(ground, asked === "granted");
    return asked === "granted";
  }
}

/** Throws where a name leads nowhere. */
async function followed(handle: FileSystemHandle, within: readonly string[]): Promise<FileSystemFileHandle> {
  let at = handle;
  for (const [index, name] of within.entries()) {
    const folder = at as FileSystemDirectoryHandle;
    at = await (index === within.length - 1 ? folder.getFileHandle(name) : folder.getDirectoryHandle(name));
  }
  return at as FileSystemFileHandle;
}
