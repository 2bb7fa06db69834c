// Why a stage waits, for people: the reason first, what would end it, and what each node says. It is asked again when the
// cluster changes.
import { Anchor, Badge, Code, Group, List, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconBan, IconCircleCheck, IconClock } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Explanation } from "../api/winslow/v1/election_pb.ts";
import { useResource, useTable } from "../live/Live.tsx";
import { useStirred } from "../live/useStirred.ts";
import { projectOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useServices } from "../rpc/Rpc.tsx";
import { type Answer, answers, placeInQueue, remedy, sentence, type Verdict } from "./explain.ts";

/** `stage` is a whole name, `projects/P/stages/S`. */
export function WhyWaiting({ stage }: { stage: string }) {
  const { stages } = useServices();
  const asked = useQueryClient();
  const queryKey = ["explain", stage];
  const { data, error, isPending, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => stages.explainStage({ name: stage }, { signal }),
  });
  const again = () => void asked.invalidateQueries({ queryKey });
  useStirred(useTable("node"), again);
  useStirred(useResource("stage", stage), again, 100);
  useStirred(useResource("project", `projects/${projectOf(stage)}`), again);
  if (data) return <Explained explanation={data} />;
  if (isPending) return <Skeleton height={96} role="status" aria-label="Asking why" />;
  return <ProblemNote error={error} again={() => void refetch()} />;
}

function Explained({ explanation }: { explanation: Explanation }) {
  const { stage, reason, remedies, queuePosition, queueLength, bids, warnings } = explanation;
  const place = placeInQueue(queuePosition, queueLength);
  const told = answers(bids);
  return (
    <Stack gap="sm">
      <Group gap="xs" align="baseline">
        <Text fw={600} style={{ overflowWrap: "anywhere" }}>
          {sentence(reason?.text ?? "")}
        </Text>
        {place ? (
          <Badge variant="default" tt="none" leftSection={<IconClock size={12} aria-hidden />}>
            {place}
          </Badge>
        ) : null}
      </Group>
      {remedies.length ? (
        <Stack gap={4}>
          <Text size="sm" fw={500}>
            What would end it
          </Text>
          <List size="sm" spacing={4}>
            {remedies.map((text) => (
              <Remedy key={text} text={text} />
            ))}
            <Way code={reason?.code ?? ""} project={projectOf(stage)} />
          </List>
        </Stack>
      ) : null}
      {told.length ? (
        <Stack gap={4}>
          <Text size="sm" fw={500}>
            {place ? "What the nodes say" : "What the nodes said"}
          </Text>
          {told.map((answer) => (
            <AnswerLine key={`${answer.verdict} ${answer.lacks.join()}`} answer={answer} />
          ))}
        </Stack>
      ) : null}
      {warnings.map((warning) => (
        <Group key={warning} gap={6} wrap="nowrap" align="flex-start">
          <Text c="orange" component="span" lh={0} mt={2}>
            <IconAlertTriangle size={16} aria-hidden />
          </Text>
          <Text size="sm">{warning}</Text>
        </Group>
      ))}
    </Stack>
  );
}

function Remedy({ text }: { text: string }) {
  const { said, command } = remedy(text);
  return (
    <List.Item>
      {said}
      {command ? (
        <>
          {": "}
          <Code style={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>{command}</Code>
        </>
      ) : null}
    </List.Item>
  );
}

/** Where in these pages the reason can be dealt with. */
function Way({ code, project }: { code: string; project: string }) {
  switch (code) {
    case "NODES_BUSY":
    case "LIMIT_REACHED":
      return (
        <List.Item>
          <Anchor size="sm" renderRoot={(props) => <Link to="/queue" search={{ show: "running" }} {...props} />}>
            See what runs now
          </Anchor>
        </List.Item>
      );
    case "NO_NODES":
    case "NO_NODE_ABLE":
      return (
        <List.Item>
          <Anchor component={Link} to="/nodes" size="sm">
            See the nodes
          </Anchor>
        </List.Item>
      );
    case "RUN_PAUSED":
      return (
        <List.Item>
          <Anchor renderRoot={(props) => <Link to="/projects/$project" params={{ project }} {...props} />} size="sm">
            To the project
          </Anchor>
        </List.Item>
      );
    default:
      return null;
  }
}

const VERDICTS: Record<Verdict, { word: string; colour: string; shape: typeof IconClock }> = {
  able: { word: "could take it", colour: "green", shape: IconCircleCheck },
  later: { word: "not now", colour: "orange", shape: IconClock },
  never: { word: "never", colour: "red", shape: IconBan },
};
const NAMED = 6;

function AnswerLine({ answer: { verdict, nodes, lacks } }: { answer: Answer }) {
  const [all, setAll] = useState(false);
  const { word, colour, shape: Shape } = VERDICTS[verdict];
  const shown = all ? nodes : nodes.slice(0, NAMED);
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Text c={colour} component="span" lh={0} mt={2}>
        <Shape size={16} aria-hidden />
      </Text>
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {shown.map((node, index) => (
          <span key={node}>
            {index ? ", " : ""}
            <Anchor size="sm" renderRoot={(props) => <Link to="/nodes/$node" params={{ node }} {...props} />}>
              {node}
            </Anchor>
          </span>
        ))}
        {nodes.length > shown.length ? (
          <>
            {" and "}
            <Anchor component="button" type="button" size="sm" onClick={() => setAll(true)}>
              {nodes.length - shown.length} more
            </Anchor>
          </>
        ) : null}{" "}
        <strong>{word}</strong>
        {lacks.length ? `: ${lacks.join("; ")}` : ""}
      </Text>
    </Group>
  );
}
