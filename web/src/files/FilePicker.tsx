// Choosing a file or a folder for something, by looking for it: where `root` begins, and no further up.
import { Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { FileKind } from "../api/winslow/v1/file_pb.ts";
import { FolderTree } from "./FolderTree.tsx";
import { inContainer, shown } from "./paths.ts";

interface Props {
  /** The directory to choose in, the contract's: `projects/P/input`, `resources`. */
  root: string | readonly string[];
  /** What is chosen, as the contract has it or as a container sees it; "" for nothing. */
  value: string;
  /** `path` is the contract's, `within` how a container sees it ("" where none does). */
  onPick: (path: string, within: string) => void;
  /** What may be chosen; files and folders without. */
  kind?: FileKind.FILE | FileKind.DIRECTORY;
  label?: string;
}

export function FilePicker({ root, value, onPick, kind, label = "Choose a file" }: Props) {
  const [open, setOpen] = useState(false);
  const roots = typeof root === "string" ? [root] : root;
  const [chosen, setChosen] = useState("");
  const pick = (path: string) => {
    setOpen(false);
    onPick(path, inContainer(path) ?? "");
  };
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setOpen(true)} aria-haspopup="dialog">
        {value ? "Choose another" : label}
      </Button>
      <Modal
        closeButtonProps={{ "aria-label": "Close" }}
        opened={open}
        onClose={() => setOpen(false)}
        title={label}
        size="lg"
      >
        <FolderTree
          roots={roots}
          files={kind !== FileKind.DIRECTORY}
          chosen={chosen}
          onChoose={(file) => setChosen(!kind || file.kind === kind ? file.path : "")}
          onOpen={(file) => (!kind || file.kind === kind) && pick(file.path)}
        />
        <TextInput
          mt="sm"
          size="xs"
          label="What is chosen"
          value={shown(inContainer(chosen) ?? chosen)}
          readOnly
          placeholder="Nothing yet"
        />
        <Group justify="space-between" mt="sm">
          <Text size="xs">{kind === FileKind.DIRECTORY ? "Choose a folder" : "Enter or a double click takes it"}</Text>
          <Group gap="xs">
            <Button variant="default" onClick={() => setOpen(false)}>
              Cancel
            </Button>
            <Button disabled={!chosen} onClick={() => pick(chosen)}>
              Take it
            </Button>
          </Group>
        </Group>
      </Modal>
    </>
  );
}
