// What is asked before something is done to files: a name, a place, or whether one is sure.
import { Button, Group, List, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { File } from "../api/winslow/v1/file_pb.ts";
import { projectOf } from "../parts/names.ts";
import { size } from "../parts/words.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useCalled } from "./called.ts";
import { isFolder } from "./FileTable.tsx";
import { FolderTree } from "./FolderTree.tsx";
import { HowFar, Leave } from "./HowFar.tsx";
import { above, archiveStem, baseName, faultOf, isWithin, joined, shown, takesFiles } from "./paths.ts";
import type { Hands } from "./useHands.ts";

export type Asking =
  | { what: "folder"; in: string }
  | { what: "rename"; file: File }
  | { what: "unpack"; file: File }
  | { what: "move" | "copy"; files: readonly File[] }
  | { what: "delete"; files: readonly File[] };

interface Props {
  hands: Hands;
  close: () => void;
}

export function Dialog({ asking, ...props }: Props & { asking: Asking | undefined }) {
  return (
    <Modal
      closeButtonProps={{ "aria-label": "Close" }}
      opened={asking !== undefined}
      onClose={props.hands.far ? props.hands.stop : props.close} // who leaves does not mean it to go on unseen
      title={asking ? titleOf(asking) : ""}
      size="lg"
    >
      {asking ? <Within asking={asking} {...props} /> : null}
    </Modal>
  );
}

const count = (files: readonly File[]) =>
  files.length === 1 ? `“${shown(files[0]?.baseName ?? "")}”` : `${files.length.toLocaleString()} files and folders`;

function titleOf(asking: Asking): string {
  switch (asking.what) {
    case "folder":
      return "A new folder";
    case "rename":
      return `Rename ${count([asking.file])}`;
    case "unpack":
      return `Unpack ${count([asking.file])}`;
    case "move":
      return `Move ${count(asking.files)}`;
    case "copy":
      return `Copy ${count(asking.files)}`;
    case "delete":
      return `Delete ${count(asking.files)}?`;
  }
}

function Within({ asking, hands, close }: Props & { asking: Asking }) {
  switch (asking.what) {
    case "folder":
      return (
        <NameForm
          word="Make it"
          name=""
          close={close}
          busy={hands.busy}
          done={(name) => hands.makeFolder(joined(asking.in, name))}
        />
      );
    case "rename": {
      const { path, baseName } = asking.file;
      return (
        <NameForm
          word="Rename it"
          name={baseName}
          close={close}
          busy={hands.busy}
          done={async (name) => name === baseName || hands.rename(path, name)}
        />
      );
    }
    case "unpack": {
      const { path, baseName } = asking.file;
      const done = (name: string) => hands.unpack(path, joined(above(path), name));
      return (
        <NameForm
          word="Unpack it"
          label="Into the folder"
          name={archiveStem(baseName)}
          close={close}
          busy={hands.busy}
          done={done}
        />
      );
    }
    case "delete":
      return <Sure files={asking.files} hands={hands} close={close} />;
    default:
      return <Where asking={asking} hands={hands} close={close} />;
  }
}

interface NameProps {
  word: string;
  label?: string;
  name: string;
  busy: boolean;
  close: () => void;
  done: (name: string) => Promise<boolean>;
}

function NameForm({ word, label = "Name", name: before, busy, close, done }: NameProps) {
  const [name, setName] = useState(before);
  const [touched, setTouched] = useState(false);
  const fault = faultOf(name);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (!fault && (await done(name))) close();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <TextInput
          label={label}
          value={name}
          data-autofocus
          error={touched ? fault : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
          onBlur={() => setTouched(true)}
          onFocus={(event) => {
            // The name without its end is what people change.
            const dot = before.lastIndexOf(".");
            event.currentTarget.setSelectionRange(0, dot > 0 ? dot : before.length);
          }}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            {word}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Where({ asking, hands, close }: Props & { asking: Extract<Asking, { what: "move" | "copy" }> }) {
  const { what, files } = asking;
  const called = useCalled();
  const from = above(files[0]?.path ?? "");
  const project = projectOf(from);
  const near = project ? [`projects/${project}/input`, `projects/${project}/workspace`] : [];
  const [into, setInto] = useState("");
  const inside = files.some(({ path }) => isWithin(into, path));
  const fault = !into
    ? ""
    : !takesFiles(into)
      ? "Files go into resources, or into a project's input or zeroth workspace"
      : inside
        ? "A folder cannot be put into itself"
        : into === from
          ? "They are there already"
          : "";
  const word = what === "move" ? "Move" : "Copy";
  const go = async () => {
    const paths = files.map(({ path }) => path);
    if ((await hands[what](paths, into)) === paths.length) close();
  };
  return (
    <Stack>
      <FolderTree
        roots={[...near, "resources", "projects"]}
        files={false}
        chosen={into}
        onChoose={({ path }) => setInto(path)}
        towards={from}
        called={called}
      />
      <Text size="sm" style={{ overflowWrap: "anywhere" }} role="status">
        {fault || (into ? `Into ${shown(into)}` : "Choose where to")}
      </Text>
      <HowFar hands={hands} />
      <Group justify="flex-end">
        <Leave hands={hands} close={close} />
        <Button disabled={!into || fault !== ""} loading={hands.busy} onClick={() => void go()}>
          {word} {files.length === 1 ? "it" : "them"} here
        </Button>
      </Group>
    </Stack>
  );
}

const SOME = 6;
/** Folders that are counted before they go; of more, counting would take as long as deleting. */
const COUNTED = 40;

/** Says what is in the folders that would go, too. */
function Sure({ files, hands, close }: Props & { files: readonly File[] }) {
  const { files: service } = useServices();
  const folders = files.filter(isFolder);
  const many = folders.length > COUNTED;
  const usages = useQueries({
    queries: (many ? [] : folders).map(({ path }) => ({
      queryKey: ["files", "usage", path],
      queryFn: ({ signal }: { signal: AbortSignal }) => service.getFileUsage({ path }, { signal }),
    })),
  });
  const known = usages.every(({ data }) => data);
  const within = usages.reduce((sum, { data }) => sum + Number(data?.fileCount ?? 0), 0);
  const bytes =
    usages.reduce((sum, { data }) => sum + Number(data?.size ?? 0), 0) +
    files.filter((file) => !isFolder(file)).reduce((sum, file) => sum + Number(file.size), 0);
  const go = async () => {
    if ((await hands.remove(files.map(({ path }) => path))) === files.length) close();
  };
  return (
    <Stack>
      <List size="sm">
        {files.slice(0, SOME).map(({ path }) => (
          <List.Item key={path} style={{ overflowWrap: "anywhere" }}>
            {shown(baseName(path))}
          </List.Item>
        ))}
        {files.length > SOME ? <List.Item>and {(files.length - SOME).toLocaleString()} more</List.Item> : null}
      </List>
      <Text size="sm" role="status">
        {many
          ? `${folders.length.toLocaleString()} of them are folders, and what is in those goes, too. All of it is gone for good.`
          : !folders.length
            ? `${size(bytes)} in all. They are gone for good.`
            : known
              ? `${within.toLocaleString()} ${within === 1 ? "file is" : "files are"} in the ${folders.length === 1 ? "folder" : "folders"}: ${size(bytes)} in all. They are gone for good.`
              : "Counting what is in there…"}
      </Text>
      <HowFar hands={hands} />
      <Group justify="flex-end">
        <Leave hands={hands} close={close} autofocus />
        <Button color="red" loading={hands.busy} onClick={() => void go()}>
          Delete {files.length === 1 ? "it" : "them"}
        </Button>
      </Group>
    </Stack>
  );
}
