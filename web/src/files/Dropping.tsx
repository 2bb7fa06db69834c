// The whole page takes files that are dragged onto it, into the directory that is shown; folders in it take them for themselves.
import { Text } from "@mantine/core";
import { createContext, type DragEvent, type ReactNode, useEffect, useRef } from "react";
import classes from "./files.module.css";
import { shown, takesFiles } from "./paths.ts";
import { useHover } from "./useHover.ts";

export interface Takes {
  files: (data: DataTransfer, into: string) => void;
  paths: (paths: readonly string[], into: string) => void;
}

export const Dropping = createContext<Takes | undefined>(undefined);

interface Props extends Takes {
  path: string;
  children: ReactNode;
}

export function DropPage({ path, children, files, paths }: Props) {
  const { over, stay, end } = useHover();
  const entered = useRef<EventTarget>(null);
  const allowed = takesFiles(path);
  useEffect(() => {
    // Beside the list a browser would leave the page and show what was dropped.
    const refuse = (event: globalThis.DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (!event.defaultPrevented) event.dataTransfer.dropEffect = "none";
    };
    window.addEventListener("dragover", refuse);
    window.addEventListener("drop", refuse);
    return () => {
      window.removeEventListener("dragover", refuse);
      window.removeEventListener("drop", refuse);
    };
  }, []);
  const foreign = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  return (
    <Dropping value={{ files, paths }}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons above do the same by keys */}
      <div
        className={classes.page}
        data-testid="drop-page"
        onDragEnter={(event) => {
          if (!foreign(event)) return;
          entered.current = event.target;
          stay();
        }}
        onDragLeave={(event) => {
          if (event.target === entered.current) end(); // who goes on to another part of the page entered that before
        }}
        onDragOverCapture={(event) => foreign(event) && stay()}
        onDragOver={(event) => {
          if (!foreign(event)) return;
          event.preventDefault();
          event.dataTransfer.dropEffect = allowed ? "copy" : "none";
        }}
        onDropCapture={end}
        onDrop={(event) => {
          if (!foreign(event)) return;
          event.preventDefault();
          if (allowed) files(event.dataTransfer, path);
        }}
      >
        {children}
        {over ? (
          <div className={classes.over} data-refused={!allowed || undefined}>
            <Text fw={600}>
              {allowed
                ? `Drop files and folders into ${shown(path)}`
                : "Nothing can be put here: open resources, or a project's input or zeroth workspace"}
            </Text>
          </div>
        ) : null}
      </div>
    </Dropping>
  );
}
