// The SHA-256 of a file while it is sent, by a worker; and of small ones at once.
import type { Asked, Told } from "./digest.worker.ts";

/** Bytes by which hashing may be ahead of sending: what is read for it is then still in memory for sending. */
const AHEAD = 128 * 2 ** 20;

export class Digest {
  readonly #worker: Worker;
  readonly value: Promise<string>;

  /** `hashed` is told how many bytes have been read. */
  constructor(file: File, hashed: (bytes: number) => void) {
    this.#worker = new Worker(new URL("./digest.worker.ts", import.meta.url), { type: "module" });
    this.value = new Promise((done, failed) => {
      this.#worker.onmessage = ({ data }: MessageEvent<Told>) => {
        if ("digest" in data) done(data.digest);
        else if ("hashed" in data) hashed(data.hashed);
        else failed(new FileGone(data.fault));
      };
      this.#worker.onerror = (event) => failed(new Error(event.message || "The page's helper could not be started"));
    });
    this.value.catch(() => undefined); // whoever wants it hears of it
    this.#tell({ file });
  }

  /** `sent` bytes have been sent, or `Infinity`. */
  follow(sent: number): void {
    this.#tell({ upTo: sent + AHEAD });
  }

  end(): void {
    this.#worker.terminate();
  }

  #tell(asked: Asked): void {
    this.#worker.postMessage(asked);
  }
}

/** The file is not there any more, or no longer what it was when it was chosen. */
export class FileGone extends Error {}

/** Whether the browser can still read it. */
export async function isThere(file: File): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

/** Of bytes that are here; by the browser itself where the page came safely. */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hex = (digest: Uint8Array) => Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (globalThis.crypto?.subtle) return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  const { sha256 } = await import("@noble/hashes/sha2.js");
  return hex(sha256(bytes));
}
