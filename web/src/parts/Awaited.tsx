// The place of what is awaited. What comes within a moment needs no sign: as all such places it shows after 200 ms (theme.ts).
import { Skeleton } from "@mantine/core";

/** `what` is said to who does not see it, for instance "Loading the form". */
export const Awaited = ({ what, height = 320 }: { what: string; height?: number }) => (
  <Skeleton height={height} role="status" aria-label={what} />
);
