// One large file on its way, over tus: it goes on where it was cut, and is shown only when what arrived is what was read here.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Services } from "../../rpc/services.ts";
import { Digest } from "./digest.ts";

/** Bytes of one request: an upload is kept for a day from the beginning of its last one, so a slow one needs several. */
const REQUEST = 2 ** 30;

export interface Large {
  file: File;
  path: string;
  /** The same one finds the same upload again. */
  requestId: string;
  replace: boolean;
  /** Where it goes on; "" when it was not begun. */
  url: string;
}

export interface Heard {
  /** Where it goes on from now. */
  url: (url: string) => void;
  /** So many bytes have been handed over, of which those before a cut are safe. */
  sent: (bytes: number) => void;
  /** All was sent, of which so many bytes have been read a second time to be compared. */
  verifying: (bytes: number) => void;
}

export class LargeSending {
  #digest: Digest | undefined;
  #hashed = 0;
  #verifying: ((bytes: number) => void) | undefined;
  readonly #files: Services["files"];

  constructor(files: Services["files"]) {
    this.#files = files;
  }

  /** Sends and shows it. Throws what went wrong, after which it can be called again; done twice, it is done once. */
  async send(large: Large, heard: Heard, signal: AbortSignal): Promise<void> {
    const digest = this.#following(large.file);
    this.#verifying = undefined;
    const sent = (bytes: number) => {
      digest.follow(bytes);
      heard.sent(bytes);
    };
    const url = await this.#bytes(large, { ...heard, sent }, signal);
    this.#verifying = heard.verifying;
    heard.verifying(this.#hashed);
    digest.follow(Number.POSITIVE_INFINITY);
    const sha256 = await digest.value;
    const name = `uploads/${url.slice(url.lastIndexOf("/") + 1)}`;
    const modifyTime = timestampFromMs(large.file.lastModified);
    await this.#files.commitUpload({ name, sha256, modifyTime }, { signal });
    this.end();
  }

  /** What it learnt of the file is forgotten. */
  end(): void {
    this.#digest?.end();
    this.#digest = undefined;
    this.#hashed = 0;
  }

  /** Hashing goes on where it was when what was cut off is sent again. */
  #following(file: File): Digest {
    this.#digest ??= new Digest(file, (bytes) => {
      this.#hashed = bytes;
      this.#verifying?.(bytes);
    });
    this.#digest.follow(0);
    return this.#digest;
  }

  /** Hands all bytes over; the answer is the upload's address. */
  async #bytes({ file, path, requestId, replace, url }: Large, heard: Heard, signal: AbortSignal): Promise<string> {
    const { Upload } = await import("tus-js-client");
    signal.throwIfAborted();
    return new Promise((done, failed) => {
      const upload = new Upload(file, {
        endpoint: "/files",
        uploadUrl: url || null,
        metadata: { path, sha256: "later", request_id: requestId, ...(replace ? { replace: "true" } : {}) },
        chunkSize: REQUEST,
        retryDelays: null,
        storeFingerprintForResuming: false,
        onUploadUrlAvailable: () => heard.url(new URL(upload.url ?? "", window.location.href).pathname),
        onProgress: (sent) => heard.sent(sent),
        onSuccess: () => done(upload.url ?? ""),
        onError: failed,
      });
      signal.addEventListener("abort", () => {
        void upload.abort();
        failed(signal.reason);
      });
      upload.start();
    });
  }
}
