// How long somebody has waited, and when something will be over, as people say it; with the exact time for who points at it.
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { useNow } from "../parts/useNow.ts";
import { ago, duration, moment } from "../parts/words.ts";
import classes from "./projects.module.css";

interface Props {
  time: Timestamp | undefined;
}

/** "for 2 h 5 min". */
export function Since({ time }: Props) {
  const now = useNow();
  if (!time) return null;
  const seconds = (now - timestampDate(time).getTime()) / 1000;
  return (
    <time dateTime={timestampDate(time).toISOString()} title={moment(time)}>
      {seconds < 60 ? "since just now" : `for ${duration(seconds - (seconds % 60))}`}
    </time>
  );
}

/** "in 3 minutes", and "any moment" once it is over. */
export function Soon({ time }: Props) {
  const now = useNow();
  if (!time) return null;
  const at = timestampDate(time);
  return (
    <time
      className={classes.small}
      dateTime={at.toISOString()}
      title={`Will have ended, or will wait for a person: ${moment(time)}`}
    >
      {at.getTime() <= now + 15_000 ? "any moment" : ago(time, now)}
    </time>
  );
}
