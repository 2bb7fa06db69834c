// Files for a project that is not there yet: dropped or chosen, and sent as soon as it is.
import { Button, FileButton, Group, Text } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { chosen, dropped } from "../files/uploads.ts";
import { useHover } from "../files/useHover.ts";
import { size } from "../parts/words.ts";
import { type Gathered, sizeOf } from "./making.ts";
import classes from "./projects.module.css";

interface Props {
  gathered: Gathered;
  onAdd: (more: Gathered) => void;
  onClear: () => void;
}

export function DropFiles({ gathered, onAdd, onClear }: Props) {
  const over = useDrop(onAdd);
  const { wishes } = gathered;
  return (
    <div className={classes.drop} data-over={over || undefined}>
      <IconFileUpload size={28} stroke={1.5} aria-hidden />
      <div style={{ minWidth: 0 }} aria-live="polite">
        {wishes.length ? (
          <>
            <Text fw={600} truncate>
              {wishes.length === 1 ? wishes[0]?.path : `${wishes.length} files`}
            </Text>
            <Text size="sm" c="dimmed">
              {size(sizeOf(gathered))}, to be sent into its input
            </Text>
          </>
        ) : (
          <>
            <Text fw={600}>Drop the video here</Text>
            <Text size="sm" c="dimmed">
              Or files and folders of any size; more can come later.
            </Text>
          </>
        )}
      </div>
      <Group gap="xs" ml="auto" wrap="nowrap">
        {wishes.length ? (
          <Button variant="subtle" color="gray" onClick={onClear}>
            None
          </Button>
        ) : null}
        <FileButton multiple onChange={(files) => onAdd({ wishes: chosen(files, ""), folders: [] })}>
          {(props) => (
            <Button variant="default" {...props}>
              Choose files
            </Button>
          )}
        </FileButton>
      </Group>
    </div>
  );
}

/** Takes what is dropped anywhere on the page: a browser would leave the page for it otherwise. Whether something is over it. */
function useDrop(onAdd: (more: Gathered) => void): boolean {
  const { over, stay, end } = useHover();
  const add = useRef(onAdd);
  add.current = onAdd;
  useEffect(() => {
    const leaving = new AbortController();
    const listen = (kind: "dragover" | "dragleave" | "drop", act: (event: DragEvent) => void) =>
      document.addEventListener(kind, act, { signal: leaving.signal });
    listen("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      stay();
    });
    listen("dragleave", (event) => event.relatedTarget === null && end());
    listen("drop", (event) => {
      end();
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      void dropped(event.dataTransfer, "").then((walked) => add.current(walked));
    });
    return () => leaving.abort();
  }, [stay, end]);
  return over;
}
