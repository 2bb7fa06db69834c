// How a line of a log begins, `TIME STREAM TAG TEXT`, found in its bytes.
export const STREAMS = ["stdout", "stderr", "winslow"] as const;
export type Stream = (typeof STREAMS)[number];
export const [STDOUT, STDERR, WINSLOW] = [0, 1, 2];

export function isIn(bytes: Uint8Array, byte: number, from: number, to: number): boolean {
  const place = bytes.indexOf(byte, from);
  return place >= 0 && place < to;
}

const SPACE = 0x20;

export function spaceIn(bytes: Uint8Array, from: number, to: number): number {
  for (let place = from; place < to; place++) if (bytes[place] === SPACE) return place;
  return -1;
}

export function streamAt(bytes: Uint8Array, from: number, to: number): number {
  for (let stream = 0; stream < STREAMS.length; stream++) {
    const name = STREAMS[stream] as string;
    if (to - from !== name.length) continue;
    let same = 0;
    while (same < name.length && bytes[from + same] === name.charCodeAt(same)) same++;
    if (same === name.length) return stream;
  }
  return -1;
}
