// Hashes a file beside the page, so that the page stays smooth. It reads no further than it is told to: close behind what is
// being sent, the file is read from the disk once.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

export type Asked = { file: File } | { upTo: number };
export type Told = { digest: string } | { hashed: number } | { fault: string };

const PIECE = 8 * 2 ** 20;
let wanted = 0;
let wake = () => {};

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  if ("upTo" in data) {
    wanted = data.upTo;
    wake();
  } else void hash(data.file);
};

async function hash(file: File): Promise<void> {
  try {
    const digest = sha256.create();
    const read = (at: number) => file.slice(at, at + PIECE).arrayBuffer();
    let next = read(0);
    for (let at = 0; at < file.size; at += PIECE) {
      while (at >= wanted) {
        await new Promise<void>((done) => {
          wake = done;
        });
      }
      const bytes = new Uint8Array(await next);
      next = read(at + PIECE); // while this one is hashed
      digest.update(bytes);
      tell({ hashed: at + bytes.length });
    }
    tell({ digest: bytesToHex(digest.digest()) });
  } catch (error) {
    tell({ fault: String(error) });
  }
}

function tell(told: Told): void {
  self.postMessage(told);
}
