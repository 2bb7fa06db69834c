// What the store of uploads is told, and tells.

/** Where the browser finds a file again after it was closed: what was dropped or chosen, and the names that lead on from there. */
export interface Ground {
  /** The same for all files of one drop. */
  id: string;
  handle: FileSystemHandle;
}

/** A file that somebody wants to be at `path`, the contract's. */
export interface Wish {
  file: File;
  path: string;
  ground?: Ground | undefined;
  /** Names from the ground on; none where that is the file itself. */
  within?: readonly string[];
}

/** What becomes of an upload whose place is taken. `ask` asks the person, once for all of them. */
export type Existing = "ask" | "replace" | "keep both" | "skip";

export interface AddOptions {
  existing?: Existing;
  /** Directories that are to be there even if no file is in them, the contract's. */
  folders?: readonly string[];
}

/**
 * `checking`: whether its place is free. `asks`: it is not, and the person is asked. `verifying`: all of it was sent, and is
 * compared. `resting`: cut off, it goes on by itself. `paused` by the person. `lost`: the browser was closed meanwhile, and the
 * file must be given again. The last four have ended.
 */
export type State =
  | "checking"
  | "asks"
  | "queued"
  | "sending"
  | "verifying"
  | "resting"
  | "paused"
  | "lost"
  | "done"
  | "failed"
  | "skipped"
  | "cancelled";

export const ENDED: ReadonlySet<State> = new Set(["done", "failed", "skipped", "cancelled"]);
/** What goes on without anybody: closing the page would stop it. */
export const AT_WORK: ReadonlySet<State> = new Set(["checking", "queued", "sending", "verifying", "resting"]);

/** An upload as it is now; another object when anything about it has changed. */
export interface UploadShown {
  readonly id: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sent: number;
  /** Bytes that were read again to be compared, once all are sent. */
  readonly verified: number;
  readonly state: State;
  /** Why it is in that state, for people; "" when that says itself. */
  readonly why: string;
  /** Of a lost one: whether one click finds its file again. */
  readonly found: boolean;
}

export interface Totals {
  readonly files: number;
  readonly ended: number;
  readonly failed: number;
  /** Bytes of those that are neither skipped, cancelled nor failed. */
  readonly size: number;
  readonly sent: number;
  /** Bytes a second, smoothed; 0 while nothing is sent. */
  readonly speed: number;
  /** Seconds that are left at this speed; undefined when nobody can say. */
  readonly left: number | undefined;
}

export interface Snapshot {
  readonly uploads: readonly UploadShown[];
  readonly totals: Totals;
  /** The uploads that ask what becomes of the files in their places. */
  readonly asked: readonly UploadShown[];
  /** Whether anything goes on by itself. */
  readonly busy: boolean;
}
