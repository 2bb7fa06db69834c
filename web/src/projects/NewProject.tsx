// A new project: a name, a pipeline, and the files that it is about, which begin to be sent the moment it is there.
import {
  Alert,
  Anchor,
  Button,
  Group,
  Paper,
  Select,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { uploads } from "../files/uploads.ts";
import { useLive, useTable } from "../live/Live.tsx";
import { useReadOnly } from "../live/useReadOnly.ts";
import { idOf, pipelineName } from "../parts/names.ts";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { choosable } from "../pipelines/summary.ts";
import { useServices } from "../rpc/Rpc.tsx";
import { requestId, useAct } from "../rpc/useAct.ts";
import { choices } from "./choices.ts";
import { DropFiles } from "./DropFiles.tsx";
import { type Draft, EMPTY, type Gathered, missingOf, NONE_YET, NOTHING, nameOf, requestOf, within } from "./making.ts";

const route = getRouteApi("/projects/new");

export function NewProject() {
  usePageTitle("New project");
  const { pipeline } = route.useSearch();
  const services = useServices();
  const navigate = useNavigate();
  const readOnly = useReadOnly();
  const { act, busy } = useAct();
  const [draft, setDraft] = useState<Draft>({ ...EMPTY, pipeline: pipeline ? pipelineName(pipeline) : "" });
  const [gathered, gather] = useState<Gathered>(NOTHING);
  const [tried, setTried] = useState(false);
  // The same request as long as the same is asked for: a click too many makes one project.
  const request = useRef({ id: "", said: "" });
  const none = useNone();
  const asked = none ? { ...draft, pipeline: NONE_YET } : draft;
  const missing = missingOf(asked);
  const set = (change: Partial<Draft>) => setDraft((now) => ({ ...now, ...change }));
  const add = (more: Gathered) => {
    gather((now) => ({ wishes: [...now.wishes, ...more.wishes], folders: [...now.folders, ...more.folders] }));
    setDraft((now) => (now.name ? now : { ...now, name: nameOf(more) }));
  };
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (missing || readOnly || busy) return;
    const said = JSON.stringify(asked);
    if (request.current.said !== said) request.current = { id: requestId(), said };
    const made = await act("Make the project", () =>
      services.projects.createProject({ requestId: request.current.id, ...requestOf(asked) }),
    );
    if (!made) return;
    const { wishes, folders } = within(gathered, made.name);
    if (wishes.length + folders.length) uploads.add(wishes, { folders });
    void navigate({ to: "/projects/$project", params: { project: idOf(made.name) } });
  };
  return (
    <Stack gap="md" maw={720}>
      <Title order={2}>New project</Title>
      <form noValidate onSubmit={(event) => void make(event)}>
        <Stack gap="md">
          <DropFiles gathered={gathered} onAdd={add} onClear={() => gather(NOTHING)} />
          <TextInput
            label="Name"
            description="What it is about, usually one video"
            value={draft.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={tried && !draft.name.trim() ? missing : undefined}
            required
            data-autofocus
          />
          <Pipelines
            value={draft.pipeline}
            onPick={(name) => set({ pipeline: name })}
            missing={tried ? missing : undefined}
          />
          <People draft={draft} set={set} />
          <Textarea
            label="Description"
            autosize
            minRows={2}
            maxRows={8}
            value={draft.description}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
          {readOnly ? <Alert color="orange">{readOnly}</Alert> : null}
          <Group>
            <Button type="submit" loading={busy} disabled={readOnly !== undefined}>
              Make it
            </Button>
            <Text size="sm" c="dimmed">
              {asked.pipeline === NONE_YET
                ? "You choose its pipeline on its page, and start it there."
                : "Nothing runs yet: you start it on its page."}
            </Text>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}

/** Whether there is no pipeline at all, as far as is known. */
function useNone(): boolean {
  const empty = useTable("pipeline").size === 0;
  return useLive((picture) => picture.complete) && empty;
}

interface PipelinesProps {
  value: string;
  onPick: (name: string) => void;
  missing: string | undefined;
}

function Pipelines({ value, onPick, missing }: PipelinesProps) {
  const pipelines = useTable("pipeline");
  const data = useMemo(() => choosable(pipelines.values()), [pipelines]);
  const spec = pipelines.get(value)?.spec;
  if (useNone()) {
    return (
      <Paper withBorder p="sm">
        <Text size="sm">
          There is no pipeline yet, which says what is to be done: the project takes files first.{" "}
          <Anchor component={Link} to="/pipelines/new" size="sm" underline="always">
            Write a pipeline
          </Anchor>
          , or{" "}
          <Anchor component={Link} to="/welcome" size="sm" underline="always">
            try the example
          </Anchor>
          .
        </Text>
      </Paper>
    );
  }
  return (
    <Select
      label="Pipeline"
      description={
        value === NONE_YET
          ? "The files are put in now, and what is to be done with them is chosen later"
          : spec
            ? `${spec.stages.map(({ name }) => name).join(" → ")}`
            : "What is to be done. The project gets its own copy"
      }
      data={[{ value: NONE_YET, label: "None yet: files first" }, ...data]}
      value={value || null}
      onChange={(name) => onPick(name ?? "")}
      error={value ? undefined : missing}
      searchable
      required
      nothingFoundMessage="None is called that"
    />
  );
}

function People({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  const projects = useTable("project");
  const tags = useMemo(() => choices(projects, "tag"), [projects]);
  const people = useMemo(() => {
    const found = new Set(choices(projects, "author"));
    for (const { participants } of projects.values()) for (const one of participants) found.add(one);
    return [...found].sort();
  }, [projects]);
  return (
    <Group grow align="flex-start" preventGrowOverflow={false} wrap="wrap">
      <TagsInput
        label="Tags"
        description="Enter after each"
        miw={220}
        data={tags}
        value={[...draft.tags]}
        onChange={(next) => set({ tags: next })}
        acceptValueOnBlur
      />
      <TagsInput
        label="Participants"
        description="Who is waited for, where a person is needed"
        miw={220}
        data={people}
        value={[...draft.participants]}
        onChange={(next) => set({ participants: next })}
        acceptValueOnBlur
      />
    </Group>
  );
}
