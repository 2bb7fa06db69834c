// What can be done with all that is selected, and with what was cut or copied elsewhere.
import { Button, Group, Paper, Text } from "@mantine/core";
import { useMemo } from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import { size } from "../parts/words.ts";
import { type Clip, clip } from "./clip.ts";
import type { Asking } from "./dialogs.tsx";
import { archiveAddress, baseName, isPool, takesFiles } from "./paths.ts";

interface Props {
  path: string;
  chosen: readonly File[];
  /** Whether that is all that is here. */
  all: boolean;
  held: Clip | undefined;
  ask: (asking: Asking) => void;
  paste: () => void;
  clear: () => void;
}

/** Characters of an address that every server and browser takes. */
const ADDRESS = 6000;

export function Selected({ path, chosen, all, held, ask, paste, clear }: Props) {
  const mine = useMemo(
    () =>
      chosen.length > 0 &&
      chosen.every((file) => file.writable) &&
      (takesFiles(path) || !chosen.some((file) => isPool(file.path))),
    [chosen, path],
  );
  const bytes = useMemo(() => chosen.reduce((sum, file) => sum + Number(file.size), 0), [chosen]);
  return (
    <Paper withBorder p={6} px="sm" role="toolbar" aria-label="What to do with what is selected">
      <Group gap="xs">
        {chosen.length ? (
          <>
            <Text size="sm" role="status">
              {chosen.length.toLocaleString()} selected, {size(bytes)}
            </Text>
            <Downloads chosen={chosen} folder={path} all={all} />
            <Button size="compact-sm" variant="default" onClick={() => ask({ what: "copy", files: chosen })}>
              Copy to…
            </Button>
            {mine ? (
              <>
                <Button size="compact-sm" variant="default" onClick={() => ask({ what: "move", files: chosen })}>
                  Move to…
                </Button>
                <Button
                  size="compact-sm"
                  variant="default"
                  color="red"
                  onClick={() => ask({ what: "delete", files: chosen })}
                >
                  Delete…
                </Button>
              </>
            ) : null}
            <Button size="compact-sm" variant="subtle" color="gray" onClick={clear}>
              Select none
            </Button>
          </>
        ) : null}
        {held ? (
          <Button.Group>
            <Button size="compact-sm" onClick={paste}>
              Put {held.paths.length} here that {held.paths.length === 1 ? "was" : "were"} {held.how}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              aria-label="Forget what was cut or copied"
              onClick={() => clip.hold(undefined)}
            >
              ×
            </Button>
          </Button.Group>
        ) : null}
      </Group>
    </Paper>
  );
}

interface DownloadProps {
  chosen: readonly File[];
  folder: string;
  /** Whether they are all that is in the folder. */
  all: boolean;
}

/** Of more than an address can name, only the whole folder. */
function Downloads({ chosen, folder, all }: DownloadProps) {
  const few = !all && chosen.length < ADDRESS / 10 ? chosen.map((file) => file.path) : undefined;
  const named = few && archiveAddress(few, "zip").length <= ADDRESS ? few : undefined;
  const paths = named ?? [folder];
  const name = baseName(paths.length === 1 ? (paths[0] ?? "") : "files");
  const word = named || all ? "Download as zip" : "Download the whole folder as zip";
  return (
    <Button.Group>
      {(["zip", "tar"] as const).map((format) => (
        <Button
          key={format}
          size="compact-sm"
          variant="default"
          component="a"
          href={archiveAddress(paths, format)}
          download={`${name}.${format}`}
        >
          {format === "zip" ? word : "tar"}
        </Button>
      ))}
    </Button.Group>
  );
}
