// What an attempt worked in and what it gave out, as files.
import { Alert, Anchor, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { FileList } from "../files/FileList.tsx";
import { idOf, projectOf } from "../parts/names.ts";
import { moment } from "../parts/words.ts";
import { droppedFrom } from "./actions.ts";
import { StageLink } from "./Facts.tsx";
import { CompareLink } from "./Overview.tsx";
import { attemptBefore } from "./results.ts";
import { hasEnded } from "./spans.ts";
import type { Shown } from "./tabs.ts";
import { useOthers } from "./useOthers.ts";

export function FilesTab({ stage, project }: Shown) {
  const others = useOthers(stage);
  const before = useMemo(() => attemptBefore(stage, others.values()), [stage, others]);
  const dropped = droppedFrom(project, stage);
  // One that continues works in its parent's directory, and one that was skipped passes on another's.
  const home = stage.workspace || `projects/${projectOf(stage.name)}`;
  return (
    <Stack gap="lg">
      {before ? (
        <Group gap="md">
          <CompareLink stage={stage} before={before} />
        </Group>
      ) : null}
      {hasEnded(stage.state) ? null : (
        <Text size="sm">It has not ended yet: what is here may still change, and some of it may not be there yet.</Text>
      )}
      <section>
        <Title order={3} size="h5" mb="xs">
          Output
        </Title>
        {stage.placeTime ? <FileList path={`${stage.name}/output`} height="320px" /> : <NotYet stage={stage} />}
      </section>
      <section>
        <Title order={3} size="h5" mb="xs">
          Workspace
        </Title>
        {stage.workspace !== stage.name ? (
          <Text size="sm" mb="xs">
            It is {stage.workspace ? <StageLink name={stage.workspace} /> : "the project's own"}
            {stage.workspace ? "'s" : ""}.
          </Text>
        ) : null}
        {dropped ? (
          <Alert color="gray" title="It was given up to save space">
            {stage.workspaceDropTime ? `That was at ${moment(stage.workspaceDropTime)}. ` : ""}
            Its output, log and results are still there; nothing can be made from it any more.
          </Alert>
        ) : stage.placeTime || stage.workspace !== stage.name ? (
          <FileList path={`${home}/workspace`} height="420px" />
        ) : (
          <NotYet stage={stage} />
        )}
      </section>
      <Anchor
        size="sm"
        renderRoot={(props) => <Link {...props} to="/browse/$" params={{ _splat: `projects/${idOf(project.name)}` }} />}
      >
        All files of the project
      </Anchor>
    </Stack>
  );
}

function NotYet({ stage }: Pick<Shown, "stage">) {
  return (
    <Text size="sm" c="dimmed">
      {hasEnded(stage.state) ? "It never reached a node, so there is none." : "It is made once a node has it."}
    </Text>
  );
}
