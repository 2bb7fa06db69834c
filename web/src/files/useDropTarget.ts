// A folder that takes what is dragged onto it: files of the list are moved into it, files from outside are uploaded.
import { type DragEvent, useContext } from "react";
import { DRAGGED } from "./clip.ts";
import { Dropping } from "./Dropping.tsx";
import { above, isWithin, takesFiles } from "./paths.ts";
import { useHover } from "./useHover.ts";

export interface DropTarget {
  onDragOver: (event: DragEvent) => void;
  onDragLeave: () => void;
  onDrop: (event: DragEvent) => void;
  "data-over": true | undefined;
}

const has = (event: DragEvent, type: string) => event.dataTransfer.types.includes(type);

export function useDropTarget(path: string): Partial<DropTarget> {
  const { over, stay, end } = useHover();
  const take = useContext(Dropping);
  if (!takesFiles(path) || !take) return {};
  return {
    onDragOver(event) {
      if (!has(event, DRAGGED) && !has(event, "Files")) return;
      event.preventDefault();
      event.stopPropagation();
      event.dataTransfer.dropEffect = has(event, DRAGGED) ? "move" : "copy";
      stay();
    },
    onDragLeave: end,
    onDrop(event) {
      event.preventDefault();
      event.stopPropagation();
      end();
      const dragged = event.dataTransfer.getData(DRAGGED);
      if (!dragged) return take.files(event.dataTransfer, path);
      const paths = (JSON.parse(dragged) as string[]).filter((one) => !isWithin(path, one) && above(one) !== path);
      if (paths.length) take.paths(paths, path);
    },
    "data-over": over || undefined,
  };
}
