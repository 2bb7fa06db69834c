// What is on its way into the directory that is shown, in one line.
import { Anchor, Group, Progress, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { duration, size } from "../parts/words.ts";
import { isWithin } from "./paths.ts";
import { AT_WORK } from "./sending/kinds.ts";
import { totalsOf } from "./sending/list.ts";
import { useUploads } from "./useUploads.ts";

export function Sending({ path }: { path: string }) {
  const { uploads, totals } = useUploads();
  const here = uploads.filter((one) => isWithin(one.path, path));
  const going = here.filter(({ state }) => AT_WORK.has(state)).length;
  const open = here.filter(({ state }) => state === "paused" || state === "lost" || state === "failed").length;
  if (!going && !open) return null;
  const { size: all, sent } = totalsOf(here, 0);
  const said = [
    going ? `${going.toLocaleString()} on their way here` : "",
    open ? `${open.toLocaleString()} need you` : "",
    going && all ? `${size(sent)} of ${size(all)}` : "",
    going && totals.speed > 0 ? `${size(totals.speed)}/s` : "",
    going && totals.left !== undefined && totals.speed > 0 ? `${duration(totals.left)} left` : "",
  ].filter(Boolean);
  return (
    <Group gap="sm" data-testid="sending">
      {all && going ? (
        <Progress value={(100 * sent) / all} flex={1} miw={80} aria-label="Uploads into this folder" />
      ) : null}
      <Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
        {said.join(" · ")}
      </Text>
      <Anchor size="sm" renderRoot={(props) => <Link to="/transfers" {...props} />}>
        All transfers
      </Anchor>
    </Group>
  );
}
