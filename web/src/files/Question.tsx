// Files whose places are taken: what becomes of them is asked once for all.
import { Alert, Button, Group, List, Text } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import { shown } from "./paths.ts";
import type { UploadShown } from "./sending/kinds.ts";
import { uploads } from "./uploads.ts";

const SOME = 5;

export function Question({ asked }: { asked: readonly UploadShown[] }) {
  if (!asked.length) return null;
  const title = asked.length === 1 ? "A file of that name is there already" : `${asked.length} files are there already`;
  return (
    <Alert
      color="orange"
      variant="light"
      styles={{ label: { color: "var(--mantine-color-text)" } }}
      icon={<IconHandStop size={18} aria-hidden />}
      title={title}
      role="alert"
      data-testid="question"
    >
      <List size="sm" mb="xs">
        {asked.slice(0, SOME).map(({ id, path }) => (
          <List.Item key={id} style={{ overflowWrap: "anywhere" }}>
            {shown(path)}
          </List.Item>
        ))}
        {asked.length > SOME ? <List.Item>and {asked.length - SOME} more</List.Item> : null}
      </List>
      <Group gap="xs">
        <Button size="xs" onClick={() => uploads.answer("replace")}>
          Replace {asked.length === 1 ? "it" : "them"}
        </Button>
        <Button size="xs" variant="default" onClick={() => uploads.answer("keep both")}>
          Keep both
        </Button>
        <Button size="xs" variant="default" onClick={() => uploads.answer("skip")}>
          Skip {asked.length === 1 ? "it" : "them"}
        </Button>
      </Group>
      <Text size="xs" mt={6}>
        Everything else goes on meanwhile.
      </Text>
    </Alert>
  );
}
