// Changes that were not saved are kept in the browser, so that a closed tab loses none. Where a browser keeps nothing, there
// are none.
import type { Draft } from "./editing.ts";

const KEY = "winslow.draft:";

export interface Keeps {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class Drafts {
  readonly #storage: () => Keeps;

  constructor(storage: () => Keeps = () => window.localStorage) {
    this.#storage = storage;
  }

  kept(name: string): Draft | undefined {
    try {
      return read(JSON.parse(this.#storage().getItem(KEY + name) ?? "null"));
    } catch {
      return undefined;
    }
  }

  /** Whether it could be kept. */
  keep(name: string, { text, base, time }: Draft): boolean {
    try {
      const written = { text, base: { text: base.text, revision: String(base.revision) }, time };
      this.#storage().setItem(KEY + name, JSON.stringify(written));
      return true;
    } catch {
      return false;
    }
  }

  forget(name: string): void {
    try {
      this.#storage().removeItem(KEY + name);
    } catch {
      // Nothing is kept there.
    }
  }
}

export const drafts = new Drafts();

/** What somebody else may have written there makes no sense. */
function read(found: unknown): Draft | undefined {
  if (!isRecord(found) || !isRecord(found.base)) return undefined;
  const { text, time, base } = found;
  const { text: before, revision } = base;
  if (typeof text !== "string" || typeof time !== "number") return undefined;
  if (typeof before !== "string" || typeof revision !== "string" || !/^\d+$/.test(revision)) return undefined;
  return { text, time, base: { text: before, revision: BigInt(revision) } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
