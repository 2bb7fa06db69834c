// What is remembered of uploads under way, so that they go on after the browser was closed. It lies in this browser's own
// database, for all of its tabs: each tab has its own, and takes over those of tabs that are gone.
import type { Ground } from "./kinds.ts";

export interface Remembered {
  id: string;
  tab: string;
  path: string;
  /** By these three a file that is given again is recognised; time in milliseconds. */
  name: string;
  size: number;
  modified: number;
  requestId: string;
  replace: boolean;
  /** Where it goes on; "" when it was not begun. */
  url: string;
  ground: string;
  within: readonly string[];
  /** The person had paused it. */
  paused: boolean;
  /** Its place was found free, or what is there is to be replaced. */
  placed: boolean;
}

const NAME = "winslow-uploads";
const UPLOADS = "uploads";
const GROUNDS = "grounds";

export class Memory {
  #opened: Promise<IDBDatabase | undefined> | undefined;

  /** Does nothing where there is no such database, as in private windows of some browsers: uploads go on without. */
  async keep(records: readonly Remembered[], grounds: readonly Ground[] = []): Promise<void> {
    await this.#change((uploads, known) => {
      for (const record of records) uploads.put(record);
      for (const ground of grounds) known.put(ground);
    });
  }

  async forget(ids: readonly string[]): Promise<void> {
    await this.#change((uploads) => {
      for (const id of ids) uploads.delete(id);
    });
  }

  async all(): Promise<Remembered[]> {
    return (await this.#read<Remembered>(UPLOADS)) ?? [];
  }

  async grounds(): Promise<Ground[]> {
    return (await this.#read<Ground>(GROUNDS)) ?? [];
  }

  /** Grounds that no upload stands on any more. */
  async sweep(): Promise<void> {
    const used = new Set((await this.all()).map(({ ground }) => ground));
    const unused = (await this.grounds()).filter(({ id }) => !used.has(id));
    await this.#change((_, known) => {
      for (const { id } of unused) known.delete(id);
    });
  }

  #open(): Promise<IDBDatabase | undefined> {
    this.#opened ??= new Promise((done) => {
      if (!globalThis.indexedDB) return done(undefined);
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore(UPLOADS, { keyPath: "id" });
        asked.result.createObjectStore(GROUNDS, { keyPath: "id" });
      };
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => done(undefined);
    });
    return this.#opened;
  }

  async #change(work: (uploads: IDBObjectStore, grounds: IDBObjectStore) => void): Promise<void> {
    const database = await this.#open();
    if (!database) return;
    await new Promise<void>((done) => {
      const change = database.transaction([UPLOADS, GROUNDS], "readwrite");
      change.oncomplete = change.onerror = change.onabort = () => done();
      work(change.objectStore(UPLOADS), change.objectStore(GROUNDS));
    });
  }

  async #read<Kept>(store: string): Promise<Kept[] | undefined> {
    const database = await this.#open();
    if (!database) return undefined;
    return new Promise((done) => {
      const asked = database.transaction(store).objectStore(store).getAll();
      asked.onsuccess = () => done(asked.result as Kept[]);
      asked.onerror = () => done(undefined);
    });
  }
}
