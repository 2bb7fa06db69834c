// What the frame says of uploads, in a few words.
import type { Snapshot } from "../files/uploads.ts";
import { duration, size } from "../parts/words.ts";

export interface Told {
  percent: number;
  /** Bytes a second; 0 while nothing is sent. */
  speed: number;
  /** All have ended. */
  over: boolean;
  /** Somebody has to look. */
  trouble: boolean;
  /** One word or two. */
  word: string;
  /** All of it, for who cannot see it or points at it. */
  said: string;
}

/** Undefined where there is nothing to say. */
export function told({ uploads, totals, asked, busy }: Snapshot): Told | undefined {
  if (uploads.length === 0) return undefined;
  const count = (state: string) => uploads.filter((upload) => upload.state === state).length;
  const percent = totals.size > 0 ? Math.floor((100 * totals.sent) / totals.size) : 0;
  const lost = count("lost");
  const paused = count("paused");
  const over = totals.ended === totals.files;
  const word = asked.length
    ? "Uploads ask"
    : totals.failed
      ? `${totals.failed} failed`
      : lost
        ? "Go on with uploads"
        : paused && !busy
          ? "Uploads paused"
          : over
            ? "Uploaded"
            : "Uploading";
  const left = totals.left === undefined ? "" : `, ${duration(totals.left)} left`;
  const going = `${size(totals.sent)} of ${size(totals.size)} (${percent} %)${left}`;
  return {
    percent,
    speed: totals.speed,
    over,
    trouble: asked.length + totals.failed + lost > 0 || (paused > 0 && !busy),
    word,
    said: over ? `${word}: ${totals.files} ${totals.files === 1 ? "file" : "files"}` : `${word}: ${going}`,
  };
}
