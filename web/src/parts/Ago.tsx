// A time as people say it, with the exact one, in the viewer's zone, for who points at it.

import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { Text, type TextProps } from "@mantine/core";
import { useNow } from "./useNow.ts";
import { ago, moment } from "./words.ts";

export function Ago({ time, ...props }: { time: Timestamp | undefined } & TextProps) {
  const now = useNow();
  if (!time) return null;
  return (
    <Text component="time" span size="sm" dateTime={timestampDate(time).toISOString()} title={moment(time)} {...props}>
      {ago(time, now)}
    </Text>
  );
}
