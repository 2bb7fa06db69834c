// The uploads of one tab: added on any page, going on across pages, cuts and closed browsers. Pages draw `snapshot`.

import { projectOf } from "../../parts/names.ts";
import type { Services } from "../../rpc/services.ts";
import { requestId } from "../../rpc/useAct.ts";
import { type AddOptions, AT_WORK, ENDED, type Existing, type Ground, type Snapshot, type Wish } from "./kinds.ts";
import { type Item, List } from "./list.ts";
import { beside, looked, roomFault } from "./places.ts";
import { itemOf, print, printOf, Recall } from "./recall.ts";
import { Sender, type Sends } from "./sender.ts";
import { pauseAfter, troubleOf } from "./trouble.ts";

export class UploadStore {
  readonly #services: () => Services;
  readonly #list = new List();
  readonly #recall = new Recall();
  readonly #landed = new Set<(paths: readonly string[]) => void>();
  #sending: Sender | undefined;
  #begun: Promise<void> | undefined;

  readonly #large: (() => Sends) | undefined;

  constructor(services: () => Services, large?: () => Sends) {
    this.#services = services;
    this.#large = large;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#list.subscribe(listener);
  readonly snapshot = (): Snapshot => this.#list.snapshot();

  /** Is told which files are there now, until the answer is called. */
  onLanded(listener: (paths: readonly string[]) => void): () => void {
    this.#landed.add(listener);
    return () => this.#landed.delete(listener);
  }

  /** Takes over what tabs that are gone have left. Once, by whoever shows uploads. */
  begin(): Promise<void> {
    this.#begun ??= this.#recall.left().then((items) => this.#list.put(items));
    return this.#begun;
  }

  /** Sends `wishes`; those that a closed browser had begun go on where they were. */
  add(wishes: readonly Wish[], { existing = "ask", folders = [] }: AddOptions = {}): void {
    void this.begin().then(async () => {
      const lost = new Map(this.#list.in("lost").map((item) => [`${item.path} ${print(item)}`, item]));
      const again = wishes.flatMap(({ file, path }) => {
        const item = lost.get(`${path} ${printOf(file)}`);
        return item ? [{ item, file }] : [];
      });
      for (const { item, file } of again) item.file = file;
      const known = new Set(again.map(({ file }) => file));
      const items = wishes.filter(({ file }) => !known.has(file)).map(itemOf);
      this.#list.put(items);
      await this.#recall.keep(items, groundsOf(wishes));
      this.#goOn(again.map(({ item }) => item));
      void this.#make(folders);
      await this.#place(items, existing);
    });
  }

  /** What becomes of all that ask because their places are taken. */
  answer(existing: Exclude<Existing, "ask">): void {
    void this.#settle(this.#list.in("asks"), existing);
  }

  pause(...ids: string[]): void {
    for (const item of this.#these(ids)) {
      const small = item.state === "sending" && !item.sending;
      if (small || !(AT_WORK.has(item.state) || item.state === "asks")) continue;
      this.#list.set(item, "paused");
      item.stop?.abort();
    }
    void this.#recall.keep(this.#list.in("paused").map((item) => Object.assign(item, { paused: true })));
  }

  /** Goes on with what is paused, rests or has failed. */
  resume(...ids: string[]): void {
    const items = this.#these(ids);
    for (const item of items) if (item.state === "resting") item.poke?.();
    const failed = items.filter(({ state }) => state === "failed" || state === "cancelled");
    for (const item of failed) Object.assign(item, { requestId: requestId(), url: "", sent: 0, placed: false });
    this.#goOn(items.filter((item) => item.file && (item.state === "paused" || failed.includes(item))));
  }

  /** Ends them; what has come of them is forgotten. */
  cancel(...ids: string[]): void {
    const items = this.#these(ids).filter(({ state }) => !ENDED.has(state));
    for (const item of items) {
      this.#list.set(item, "cancelled");
      item.stop?.abort();
      if (item.url) void this.#forgetThere(item);
    }
    this.#ended(items);
  }

  /** Those that have ended are no longer shown. */
  clear(): void {
    this.#list.drop([...this.#list.all()].filter(({ state }) => ENDED.has(state)));
  }

  /** Finds the files of lost uploads again, where the browser can; to be called in a click, since it may ask. */
  async find(...ids: string[]): Promise<void> {
    const items = this.#these(ids).filter(({ state, ground }) => state === "lost" && ground);
    const { Grounds } = await import("./grounds.ts");
    const grounds = new Grounds(await this.#recall.grounds());
    for (const item of items) {
      const file = await grounds.file(item.ground, item.within);
      if (file === "denied") continue;
      if (file && printOf(file) === print(item)) this.#goOn([Object.assign(item, { file })]);
      else this.#list.set(item, "lost", "The file is no longer where it was, or has changed");
    }
  }

  /** Takes files for lost uploads, wherever they lie now; the answer is how many were recognised. */
  give(files: Iterable<File>): number {
    const left = this.#list.in("lost");
    const found: Item[] = [];
    for (const file of files) {
      const at = left.findIndex((item) => print(item) === printOf(file));
      if (at >= 0) found.push(...left.splice(at, 1).map((item) => Object.assign(item, { file })));
    }
    this.#goOn(found);
    return found.length;
  }

  // ---- inside

  #these(ids: readonly string[]): Item[] {
    return ids.flatMap((id) => this.#list.get(id) ?? []);
  }

  get #sender(): Sender {
    const ends = {
      landed: (items: readonly Item[]) => this.#arrived(items),
      begun: (item: Item) => void this.#recall.keep([item]),
      ended: (items: readonly Item[]) => this.#ended(items),
    };
    this.#sending ??= new Sender(this.#services().files, this.#list, ends, this.#large);
    return this.#sending;
  }

  #goOn(items: readonly Item[]): void {
    void this.#recall.keep(items.map((item) => Object.assign(item, { paused: false })));
    this.#sender.enqueue(items.filter(({ placed }) => placed));
    void this.#place(
      items.filter(({ placed }) => !placed),
      "ask",
    );
  }

  /** Looks whether the places of `items` are free and there is room, and sends those for which both is so. */
  async #place(items: readonly Item[], existing: Existing): Promise<void> {
    if (!items.length) return;
    for (const item of items) this.#list.set(item, "checking");
    const roomy = await this.#insist(items, () => this.#withRoom(items));
    const places = roomy && (await this.#insist(roomy, () => looked(this.#services().files, roomy.map(pathOf))));
    if (!places) return;
    const free = roomy.filter((_, index) => places[index] === "free");
    const taken = roomy.filter((_, index) => places[index] === "file");
    for (const [index, item] of roomy.entries()) {
      const place = places[index];
      if (place === "folder") this.#fail([item], "A folder of that name is there: rename one of them");
      else if (typeof place === "object") this.#fail([item], place.fault);
    }
    this.#send(free);
    if (existing === "ask") for (const item of this.#checking(taken)) this.#list.set(item, "asks");
    else await this.#settle(taken, existing);
  }

  async #withRoom(items: readonly Item[]): Promise<readonly Item[]> {
    const left: Item[] = [];
    for (const project of new Set(items.map(({ path }) => projectOf(path)))) {
      const its = items.filter(({ path }) => projectOf(path) === project);
      const bytes = its.reduce((sum, { size }) => sum + size, 0);
      const fault = project ? await roomFault(this.#services(), project, bytes) : "";
      if (fault) this.#fail(its, fault);
      else left.push(...its);
    }
    return left;
  }

  async #settle(items: readonly Item[], existing: Exclude<Existing, "ask">): Promise<void> {
    if (existing === "skip") {
      for (const item of items) this.#list.set(item, "skipped");
      return this.#ended(items);
    }
    if (existing === "keep both" && items.length) {
      for (const item of items) this.#list.set(item, "checking");
      const used = new Set([...this.#list.all()].map(({ path }) => path));
      const paths = await this.#insist(items, () => beside(this.#services().files, items.map(pathOf), used));
      if (!paths) return;
      for (const [index, item] of items.entries()) item.path = paths[index] ?? item.path;
    }
    // What is to be replaced is another request than the one that was refused.
    for (const item of items) if (item.url) void this.#forgetThere({ ...item });
    for (const item of items) Object.assign(item, { replace: existing === "replace", requestId: requestId(), url: "" });
    for (const item of items) if (item.state === "asks") this.#list.set(item, "checking");
    this.#send(items);
  }

  #send(items: readonly Item[]): void {
    const placed = this.#checking(items).map((item) => Object.assign(item, { placed: true }));
    void this.#recall.keep(placed);
    this.#sender.enqueue(placed);
  }

  /** Those that nobody paused or cancelled meanwhile. */
  #checking(items: readonly Item[]): Item[] {
    return items.filter(({ state }) => state === "checking");
  }

  /** What `work` answers, tried until it does; undefined where it cannot, which `items` have failed by then. */
  async #insist<Answer>(items: readonly Item[], work: () => Promise<Answer>): Promise<Answer | undefined> {
    for (let failed = 0; ; failed++) {
      try {
        return await work();
      } catch (error) {
        const { passes, why } = troubleOf(error);
        if (!passes) {
          this.#fail(items, why);
          return undefined;
        }
        await new Promise((done) => setTimeout(done, pauseAfter(failed)));
      }
    }
  }

  async #make(folders: readonly string[]): Promise<void> {
    for (const path of folders) {
      await this.#insist([], () => this.#services().files.makeDirectory({ path, requestId: requestId() }));
    }
    for (const listener of folders.length ? this.#landed : []) listener(folders);
  }

  #arrived(items: readonly Item[]): void {
    for (const item of items) this.#list.set(item, "done");
    this.#ended(items);
    if (items.length) for (const listener of this.#landed) listener(items.map(({ path }) => path));
  }

  #fail(items: readonly Item[], why: string): void {
    for (const item of items) this.#list.set(item, "failed", why);
    this.#ended(items);
  }

  #ended(items: readonly Item[]): void {
    for (const item of items) {
      item.sending?.end();
      item.sending = undefined;
    }
    void this.#recall.forget(items);
  }

  async #forgetThere({ url }: Item): Promise<void> {
    const name = `uploads/${url.slice(url.lastIndexOf("/") + 1)}`;
    await this.#services()
      .files.cancelUpload({ name, requestId: requestId() })
      .catch(() => undefined); // it is forgotten after a day in any case
  }
}

const pathOf = ({ path }: Item) => path;

function groundsOf(wishes: readonly Wish[]): Ground[] {
  const grounds = wishes.flatMap(({ ground }) => ground ?? []);
  return [...new Map(grounds.map((ground) => [ground.id, ground])).values()];
}
