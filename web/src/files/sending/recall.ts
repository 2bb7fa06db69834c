// What the browser remembers of this tab's uploads, and what tabs that are gone have left.
import { requestId } from "../../rpc/useAct.ts";
import { baseName } from "../paths.ts";
import type { Ground, Wish } from "./kinds.ts";
import type { Item } from "./list.ts";
import { Memory, type Remembered } from "./memory.ts";
import { announce, openOnes } from "./tabs.ts";
import { newId } from "./walk.ts";

/** By these a file that is given again is recognised. */
export const print = ({ name, size, modified }: { name: string; size: number; modified: number }) =>
  `${size} ${modified} ${name}`;
export const printOf = (file: File) => print({ name: file.name, size: file.size, modified: file.lastModified });

export function itemOf({ file, path, ground, within = [] }: Wish): Item {
  return {
    ...NOTHING_YET,
    id: newId(),
    path,
    name: file.name,
    size: file.size,
    modified: file.lastModified,
    requestId: requestId(),
    ground: ground?.id ?? "",
    within,
    file,
    state: "checking",
  };
}

const NOTHING_YET = {
  replace: false,
  url: "",
  paused: false,
  why: "",
  sent: 0,
  verified: 0,
  placed: false,
  sending: undefined,
  stop: undefined,
  poke: undefined,
};

export class Recall {
  readonly #memory = new Memory();
  readonly #tab = newId();
  #announced = false;

  /** Before the first of them is sent. */
  async keep(items: readonly Item[], grounds: readonly Ground[] = []): Promise<void> {
    if (!items.length) return;
    if (!this.#announced) announce(this.#tab);
    this.#announced = true;
    await this.#memory.keep(
      items.map((item) => record(item, this.#tab)),
      grounds,
    );
  }

  forget(items: readonly Item[]): Promise<void> {
    return this.#memory.forget(items.map(({ id }) => id));
  }

  grounds(): Promise<Ground[]> {
    return this.#memory.grounds();
  }

  /** What tabs that are gone have left, which is this tab's from now on. */
  async left(): Promise<Item[]> {
    const all = await this.#memory.all();
    const open = await openOnes(new Set(all.map(({ tab }) => tab)));
    const items = all.filter(({ tab }) => !open.has(tab)).map(lostOne);
    await this.keep(items);
    await this.#memory.sweep();
    return items;
  }
}

function record(item: Item, tab: string): Remembered {
  const { id, path, name, size, modified, requestId, replace, url, ground, within, paused, placed } = item;
  return { id, tab, path, name, size, modified, requestId, replace, url, ground, within, paused, placed };
}

function lostOne({ tab: _, ...record }: Remembered): Item {
  const why = `Give the file again and it goes on: ${record.name || baseName(record.path)}`;
  return { ...NOTHING_YET, ...record, file: undefined, state: "lost", why };
}
