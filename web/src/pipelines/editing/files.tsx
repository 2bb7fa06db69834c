// A pipeline as a file of the person's own: taken in, and handed out.
import { Button, FileButton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconFileImport } from "@tabler/icons-react";

/** Bytes of the largest file that is read. */
const MOST = 1024 * 1024;

export function ImportButton({ onText }: { onText: (text: string) => void }) {
  const take = async (file: File | null) => {
    if (!file) return;
    if (file.size > MOST) {
      const message = "A pipeline file has at most 1 MiB. Nothing was taken in.";
      notifications.show({ title: `${file.name} is too large`, message, color: "red" });
      return;
    }
    onText((await file.text()).replaceAll("\r\n", "\n"));
  };
  return (
    <FileButton onChange={(file) => void take(file)} accept=".yaml,.yml,.json,text/yaml,application/json">
      {(props) => (
        <Button {...props} size="xs" variant="default" leftSection={<IconFileImport size={16} aria-hidden />}>
          Import a file
        </Button>
      )}
    </FileButton>
  );
}

/** Saves `text` among the person's downloads. */
export function exported(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name}.yaml`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
