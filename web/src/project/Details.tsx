// What a project is called and what is known about it, to be changed in place; and its end.
import { Alert, Button, Group, NumberInput, Stack, TagsInput, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import { problemOf } from "../rpc/problem.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { useAct } from "../rpc/useAct.ts";
import { parseSize, writeSize } from "../start/sizes.ts";
import { DeleteProject } from "./DeleteProject.tsx";
import { differing, FIELD_WORDS, type FieldName, type Fields, fieldsOf, PATHS, standingOf } from "./edits.ts";

export function Details({ project }: { project: Project }) {
  const { projects } = useServices();
  const { act, busy } = useAct();
  const theirs = fieldsOf(project);
  const [base, setBase] = useState(theirs);
  const [draft, setDraft] = useState(theirs);
  const [quota, setQuota] = useState<string>();
  const { mine, contested, shown } = standingOf(base, draft, theirs);
  const change = (some: Partial<Fields>) => {
    // What nobody touched follows what others do; only from the first change on there is something to compare with.
    if (mine.length === 0) setBase(theirs);
    setDraft({ ...shown, ...some });
  };
  const wrong = {
    displayName: shown.displayName.trim() ? undefined : "It needs a name",
    quota: quota?.trim() && parseSize(quota) === undefined ? "Like 50GB or 1.5TiB" : undefined,
  };
  const forget = () => {
    setBase(theirs);
    setDraft(theirs);
    setQuota(undefined);
  };
  const save = async () => {
    const saved = await act("Save", async (requestId) => {
      const asked = {
        requestId,
        project: { name: project.name, ...shown, tags: [...shown.tags], participants: [...shown.participants] },
        updateMask: { paths: mine.map((name) => PATHS[name]) },
      };
      try {
        return await projects.updateProject({ ...asked, expectedRevision: project.revision });
      } catch (error) {
        if (problemOf(error).reason !== "REVISION_MISMATCH") throw error;
        return await unlessContested(error, asked);
      }
    });
    if (saved) {
      setBase(fieldsOf(saved));
      setDraft(fieldsOf(saved));
      setQuota(undefined);
    }
  };
  /** Somebody was quicker by a moment: it is saved nevertheless, unless they changed the same. */
  const unlessContested = async (
    error: unknown,
    asked: Omit<Parameters<typeof projects.updateProject>[0], "$typeName">,
  ) => {
    const now = await projects.getProject({ name: project.name });
    const touched = new Set(differing(base, fieldsOf(now)));
    if (mine.some((name) => touched.has(name))) throw error;
    return projects.updateProject({ ...asked, expectedRevision: now.revision });
  };
  return (
    <Stack maw={640} gap="md">
      {contested.length ? <Contested names={contested} theirs={theirs} forget={forget} /> : null}
      <TextInput
        label="Name"
        value={shown.displayName}
        error={wrong.displayName}
        onChange={(event) => change({ displayName: event.currentTarget.value })}
      />
      <Textarea
        label="Description"
        autosize
        minRows={2}
        maxRows={12}
        value={shown.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <TagsInput label="Tags" value={[...shown.tags]} onChange={(tags) => change({ tags })} />
      <TagsInput
        label="Participants"
        description="Who else works on it"
        value={[...shown.participants]}
        onChange={(participants) => change({ participants })}
      />
      <Group align="flex-start" grow>
        <NumberInput
          label="Priority"
          description="Among stages that wait, higher ones come first; -100 to 100"
          min={-100}
          max={100}
          allowDecimal={false}
          value={shown.priority}
          onChange={(value) => change({ priority: Number(value) || 0 })}
        />
        <TextInput
          label="Quota"
          description="What all its files may take; empty for no limit"
          placeholder="No limit"
          value={quota ?? writeSize(shown.quota)}
          error={wrong.quota}
          onChange={(event) => {
            const text = event.currentTarget.value;
            setQuota(text);
            const bytes = text.trim() ? parseSize(text) : 0n;
            if (bytes !== undefined) change({ quota: bytes });
          }}
        />
      </Group>
      <Group>
        <Button
          disabled={mine.length === 0 || Boolean(wrong.displayName || wrong.quota) || project.deleting}
          loading={busy}
          onClick={() => void save()}
        >
          {contested.length ? "Save mine over theirs" : "Save"}
        </Button>
        <Button variant="default" disabled={mine.length === 0 && quota === undefined} onClick={forget}>
          Undo my changes
        </Button>
        <Text size="sm" c="dimmed" role="status">
          {mine.length ? `Not saved yet: ${mine.map((name) => FIELD_WORDS[name]).join(", ")}` : ""}
        </Text>
      </Group>
      <DeleteProject project={project} />
    </Stack>
  );
}

interface ContestedProps {
  names: readonly FieldName[];
  theirs: Fields;
  forget: () => void;
}

function Contested({ names, theirs, forget }: ContestedProps) {
  const words = names.map((name) => FIELD_WORDS[name]);
  return (
    <Alert color="orange" title={`Somebody changed the ${words.join(" and ")} while you did`} role="alert">
      <Stack gap="xs" align="flex-start">
        {names.map((name) => (
          <Text key={name} size="sm" lineClamp={4} style={{ overflowWrap: "anywhere" }}>
            Their {FIELD_WORDS[name]}: {written(theirs[name]) || "nothing"}
          </Text>
        ))}
        <Text size="sm">Below is what you wrote. Nothing is overwritten until you save.</Text>
        <Button size="xs" variant="default" onClick={forget}>
          Take theirs
        </Button>
      </Stack>
    </Alert>
  );
}

function written(value: Fields[FieldName]): string {
  if (typeof value === "bigint") return writeSize(value);
  return typeof value === "object" ? value.join(", ") : String(value);
}
