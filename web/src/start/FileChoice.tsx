// Picking a file for a variable out of the pools that the stage will see; what is picked is called as in the container.
import { Button, Group, Modal, Text } from "@mantine/core";
import { useState } from "react";
import { FolderTree } from "../files/FolderTree.tsx";
import { baseName, shown } from "../files/paths.ts";
import type { Row } from "./layers.ts";
import { mountedPath, poolsOf, storedPath } from "./pools.ts";

interface Props {
  /** The project's id. */
  project: string;
  /** The id of the stage whose workspace it begins with; "" for the zeroth one. */
  parent: string;
  row: Row;
  onPick: (value: string) => void;
  onClose: () => void;
}

export function FileChoice({ project, parent, row, onPick, onClose }: Props) {
  const pools = poolsOf(project, parent);
  const [chosen, setChosen] = useState(() => storedPath(row.value, pools) ?? "");
  const pool = pools.find(({ root }) => chosen === root || chosen.startsWith(`${root}/`));
  const called = pool ? mountedPath(chosen, pool) : "";
  return (
    <Modal opened onClose={onClose} title={`A file or folder for ${row.name}`} size="lg">
      <FolderTree
        roots={pools.map(({ root }) => root)}
        files
        chosen={chosen}
        towards={chosen}
        called={(path) => pools.find(({ root }) => root === path)?.word ?? shown(baseName(path))}
        onChoose={(file) => setChosen(file.path)}
        onOpen={(file) => {
          const its = pools.find(({ root }) => file.path.startsWith(`${root}/`));
          if (its) onPick(mountedPath(file.path, its));
        }}
      />
      <Group justify="space-between" mt="sm" wrap="nowrap">
        <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {called || "Nothing is chosen yet"}
        </Text>
        <Button size="xs" disabled={!called} onClick={() => onPick(called)}>
          Use it
        </Button>
      </Group>
    </Modal>
  );
}
