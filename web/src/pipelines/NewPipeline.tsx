// A new pipeline, written or taken in from a file.
import { Anchor, Button, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { idOf } from "../parts/names.ts";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { BEGINNING, saved } from "./editing/editing.ts";
import { ImportButton } from "./editing/files.tsx";
import { LeaveGuard } from "./editing/LeaveGuard.tsx";
import { useEditing } from "./editing/useEditing.ts";
import { useParsed } from "./editing/useParsed.ts";
import { Workbench } from "./editing/Workbench.tsx";

const BASE = { text: BEGINNING, revision: 0n };

export function NewPipeline() {
  usePageTitle("New pipeline");
  const being = useEditing("pipelines/new", BASE);
  const parsed = useParsed(being.editing.text);
  const [id, setId] = useState("");
  const { pipelines } = useServices();
  const { busy, act } = useAct();
  const navigate = useNavigate();
  const { spec, problems, behind } = parsed;
  const ready = spec && !problems.length && !behind;
  const create = async () => {
    if (!ready) return;
    const made = await act(
      "Create the pipeline",
      (requestId) => pipelines.createPipeline({ requestId, pipelineId: id.trim(), pipeline: { spec } }),
      "Created",
    );
    if (!made) return;
    being.become(saved(BASE));
    await navigate({ to: "/pipelines/$pipeline", params: { pipeline: idOf(made.name) }, ignoreBlocker: true });
  };
  return (
    <Stack gap="md">
      <Stack gap={2}>
        <Anchor component={Link} to="/pipelines" size="sm">
          Pipelines
        </Anchor>
        <Title order={2}>New pipeline</Title>
      </Stack>
      <LeaveGuard dirty={being.dirty} drop={() => being.become(saved(BASE))} />
      <Workbench label="The new pipeline's file" being={being} parsed={parsed} onSave={() => void create()}>
        <Group align="end" gap="sm">
          <TextInput
            label="Id"
            description="How others name it; made from the name when left empty"
            placeholder={spec ? slug(spec.displayName) : ""}
            value={id}
            onChange={(event) => setId(event.currentTarget.value)}
            style={{ flex: "1 1 200px" }}
          />
          <Button disabled={!ready} loading={busy} onClick={() => void create()}>
            Create
          </Button>
          <ImportButton onText={being.type} />
        </Group>
        <Text size="xs">
          Winslow keeps what the file says, not its comments. Point at a key to read what it means; Ctrl+Space proposes
          what may stand at the cursor.
        </Text>
      </Workbench>
    </Stack>
  );
}

const slug = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
