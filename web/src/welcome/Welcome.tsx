// The first page of an empty installation: what Winslow is, and three clicks to see it at work.
import {
  Alert,
  Anchor,
  Button,
  Code,
  Group,
  List,
  Paper,
  Progress,
  Stack,
  Text,
  ThemeIcon,
  Title,
} from "@mantine/core";
import { IconHandStop, IconMovie, IconPlayerPlay, IconRoute } from "@tabler/icons-react";
import { Link, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import { useTable } from "../live/Live.tsx";
import { useReadOnly } from "../live/useReadOnly.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";
import { size } from "../parts/words.ts";
import { type Example, missingImages, PROJECT } from "./example.ts";
import { type ExampleNow, useExample } from "./useExample.ts";

export function Welcome() {
  usePageTitle("Welcome");
  const now = useExample();
  // Drawn where nothing exists yet, too: what is tried has its own address, since something exists then.
  const tries = useSearch({ strict: false, select: (search) => "try" in search });
  const shows = tries || now.step !== "make";
  return (
    <Stack gap="lg" maw={720} mx="auto" py="md">
      <div>
        <Title order={2}>Welcome to Winslow</Title>
        <Text mt="xs">
          Winslow takes videos and other data through long pipelines: each stage is a container that runs on whichever
          machine has room for it. Where a person has to look, it waits for them, and everything can be done again in
          another way and compared.
        </Text>
      </div>
      {now.error ? <ProblemNote error={now.error} again={now.again} /> : null}
      {now.example ? (
        shows ? (
          <Making now={now} example={now.example} />
        ) : (
          <Paper withBorder p="md">
            <Group justify="space-between" wrap="nowrap" align="center">
              <div>
                <Text fw={600}>See it at work</Text>
                <Text size="sm" c="dimmed">
                  A short clip, three stages, a question for you. It takes a minute or two.
                </Text>
              </div>
              <Button component={Link} to="/welcome?try=example" size="md" style={{ flex: "none" }}>
                Try the example
              </Button>
            </Group>
          </Paper>
        )
      ) : null}
      {now.example === null ? <NoExample /> : null}
      <OwnVideo />
    </Stack>
  );
}

function Making({ now, example }: { now: ExampleNow; example: Example & { spec: PipelineSpec } }) {
  const readOnly = useReadOnly();
  const nodes = useTable("node");
  const missing = missingImages(
    example.spec,
    [...nodes.values()].map(({ images }) => images),
  );
  const stages = example.spec.stages.map(({ name }) => name).join(", then ");
  return (
    <Paper withBorder p="md" component="section" aria-label="The example">
      <Stack gap="sm">
        <Text fw={600}>What will be made</Text>
        <List spacing={6} center size="sm" listStyleType="none" withPadding={false}>
          <List.Item icon={<Sign icon={<IconRoute size={14} aria-hidden />} />}>
            The pipeline <b>{example.spec.displayName}</b>: {stages}
          </List.Item>
          <List.Item icon={<Sign icon={<IconMovie size={14} aria-hidden />} />}>
            A project with the clip <b>{example.clip.name}</b> ({size(example.clip.size)}) of people in a car park
          </List.Item>
          <List.Item icon={<Sign icon={<IconHandStop size={14} aria-hidden />} />}>
            Before it tracks them it will ask you to look at what it found
          </List.Item>
        </List>
        {missing.length ? (
          <Alert color="orange" variant="light" title={`No node has the image ${missing.join(", ")}`}>
            Build it on this machine with <Code>scripts/setup example</Code>; this page notices when it is there.
          </Alert>
        ) : null}
        <Next now={now} blocked={readOnly ?? ""} missing={missing.length > 0} />
      </Stack>
    </Paper>
  );
}

/** The one thing to do next. */
function Next({ now, blocked, missing }: { now: ExampleNow; blocked: string; missing: boolean }) {
  const disabled = blocked !== "" || now.busy;
  switch (now.step) {
    case "going":
      return <Text size="sm">An earlier one is being deleted. It can be made again in a moment.</Text>;
    case "sends":
      return (
        <div role="status">
          <Text size="sm" mb={4}>
            The clip is on its way: {Math.round(100 * now.sent)} %
          </Text>
          <Progress value={100 * now.sent} aria-label="The clip's upload" />
        </div>
      );
    case "start":
      return (
        <Group>
          <Button
            leftSection={<IconPlayerPlay size={16} aria-hidden />}
            disabled={disabled || missing}
            loading={now.busy}
            onClick={now.start}
            autoFocus
          >
            Start it
          </Button>
          <Text size="sm">{blocked || "All is there."}</Text>
        </Group>
      );
    case "begun":
      return (
        <Button component={Link} to={`/projects/${PROJECT}`} w="fit-content">
          Go on with it
        </Button>
      );
    case "make":
      return (
        <Group>
          <Button disabled={disabled} loading={now.busy} onClick={now.make} autoFocus>
            {now.trouble ? "Send the clip again" : "Make it"}
          </Button>
          <Text size="sm">{blocked || now.trouble || "Nothing runs yet: you start it next."}</Text>
        </Group>
      );
  }
}

const Sign = ({ icon }: { icon: ReactNode }) => (
  <ThemeIcon size={22} variant="light">
    {icon}
  </ThemeIcon>
);

function NoExample() {
  return (
    <Paper withBorder p="md">
      <Text fw={600}>There is an example, but not on this node</Text>
      <Text size="sm" mt={4}>
        In Winslow's source tree, <Code>scripts/setup example</Code> fetches a clip and builds an image; started from
        there, <Code>winslowd dev --http</Code> finds them. On a real node the setting <Code>example</Code> names their
        directory.
      </Text>
    </Paper>
  );
}

function OwnVideo() {
  return (
    <Paper withBorder p="md">
      <Text fw={600}>Begin with your own video</Text>
      <List type="ordered" size="sm" mt={4} spacing={2}>
        <List.Item>
          <Anchor component={Link} to="/pipelines/new" size="sm" underline="always">
            Write a pipeline
          </Anchor>
          : which containers run, one after another
        </List.Item>
        <List.Item>
          <Anchor component={Link} to="/projects/new" size="sm" underline="always">
            Make a project
          </Anchor>{" "}
          with it, and drop your video in
        </List.Item>
        <List.Item>Start it, and be asked where a person is needed</List.Item>
      </List>
    </Paper>
  );
}
