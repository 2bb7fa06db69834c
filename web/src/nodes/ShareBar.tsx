// How much of something is reserved, and how much of it is in use right now: as a bar, and in words.
import { Box, Text } from "@mantine/core";
import type { Share } from "./capacity.ts";
import classes from "./nodes.module.css";

interface Props {
  share: Share;
  /** What it is of: "cores". */
  of: string;
  shown: (amount: number) => string;
  /** What is done with it; "reserved" unless something else is said. */
  done?: string;
  /** What is in use now, where it is measured. */
  used?: number | undefined;
}

export function ShareBar({ share: { reserved, total }, of, shown, used, done = "reserved" }: Props) {
  if (total <= 0) return <Text size="sm">none</Text>;
  const part = (amount: number) => `${Math.min(100, (100 * amount) / total)}%`;
  const words = `${shown(reserved)} of ${shown(total)}`;
  const now = used === undefined ? "" : `, ${shown(used)} in use now`;
  return (
    <Box title={`${words} ${of} ${done}${now}`} miw={0}>
      <Text size="xs" truncate>
        {words}
      </Text>
      <div className={classes.track} role="img" aria-label={`${words} ${of} ${done}${now}`}>
        <div className={classes.reserved} style={{ width: part(reserved) }} />
        {used === undefined ? null : <div className={classes.used} style={{ width: part(used) }} />}
      </div>
    </Box>
  );
}

/** "2", "1.5", "0.25": cores, no finer than is known. */
export const cores = (amount: number): string => String(Math.round(amount * 100) / 100);
