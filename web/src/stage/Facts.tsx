// What is known of an attempt, as pairs of words: where it is, since when, for how long, who began it and with what.
import { Anchor, Code, CopyButton, Group, Progress, Text, UnstyledButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { Ago } from "../parts/Ago.tsx";
import { idOf, projectOf } from "../parts/names.ts";
import { moment } from "../parts/words.ts";
import type { Around } from "./actions.ts";
import { hasEnded, mainSpan } from "./spans.ts";
import classes from "./stage.module.css";
import { Took } from "./Took.tsx";

interface Props extends Pick<Around, "stage" | "run"> {
  brief?: boolean;
}

export function Facts({ stage, run, brief = false }: Props) {
  const span = mainSpan(stage);
  const ended = hasEnded(stage.state);
  const rows: [string, ReactNode][] = [
    [stage.startTime || stage.placeTime || ended ? "Took" : "Waits for", span ? <Took key="took" span={span} /> : null],
    ["Progress", ended || stage.progress === undefined ? null : <HowFar key="far" progress={stage.progress} />],
    ["Ends", ended || !stage.estimatedEndTime ? null : <Ago key="ends" time={stage.estimatedEndTime} />],
    ["Ended", stage.endTime ? <Ago key="ended" time={stage.endTime} /> : null],
    ["Began", stage.startTime ? <Ago key="began" time={stage.startTime} /> : null],
    ["Why", stage.reason?.text ?? null],
    ["Node", stage.node ? <NodeLink key="node" node={stage.node} /> : null],
    ["GPUs", stage.gpus.length ? stage.gpus.join(", ") : null],
    ["Run", <RunLink key="run" stage={stage} number={run?.number} />],
    ["Began by", stage.author || null],
    ["Abort asked for", stage.abort ? `by ${stage.abort.by}, ${moment(stage.abort.time)}` : null],
  ];
  const more: [string, ReactNode][] = [
    ["Made from", <Origin key="origin" stage={stage} />],
    ["Retry of", stage.retryOf ? <StageLink key="retry" name={stage.retryOf} /> : null],
    ["Digest", stage.imageDigest ? <Digest key="digest" digest={stage.imageDigest} /> : null],
    ["Not before", stage.notBefore && !stage.startTime ? moment(stage.notBefore) : null],
    ["Comment", stage.comment || null],
  ];
  const shown = [...rows, ...(brief ? [] : more)].filter(([, value]) => value !== null && value !== "");
  return (
    <dl className={classes.facts}>
      {shown.map(([word, value]) => (
        <div key={word} className={classes.fact}>
          <dt>{word}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function StageLink({ name }: { name: string }) {
  return (
    <Anchor
      size="sm"
      underline="always"
      renderRoot={(props) => (
        <Link
          {...props}
          to="/projects/$project/stages/$stage"
          params={{ project: projectOf(name), stage: idOf(name) }}
        />
      )}
    >
      {idOf(name)}
    </Anchor>
  );
}

function RunLink({ stage, number }: { stage: Stage; number: bigint | undefined }) {
  return (
    <Anchor
      size="sm"
      underline="always"
      renderRoot={(props) => (
        <Link
          {...props}
          to="/projects/$project"
          params={{ project: projectOf(stage.name) }}
          search={{ tab: "runs", run: idOf(stage.run) }}
        />
      )}
    >
      {number === undefined ? idOf(stage.run) : `Run ${number}`}
    </Anchor>
  );
}

function NodeLink({ node }: { node: string }) {
  return (
    <Anchor
      size="sm"
      underline="always"
      renderRoot={(props) => <Link {...props} to="/nodes/$node" params={{ node: idOf(node) }} />}
    >
      {idOf(node)}
    </Anchor>
  );
}

function Origin({ stage }: { stage: Stage }) {
  const joined = Object.values(stage.joined);
  return (
    <Group gap="xs" component="span">
      {stage.parent ? <StageLink name={stage.parent} /> : "the project's own workspace"}
      {joined.length ? (
        <Text size="sm" span>
          with
        </Text>
      ) : null}
      {joined.map((name) => (
        <StageLink key={name} name={name} />
      ))}
    </Group>
  );
}

function HowFar({ progress }: { progress: number }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress value={100 * progress} w={120} aria-label="Progress" />
      {Math.round(100 * progress)} %
    </Group>
  );
}

function Digest({ digest }: { digest: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Code style={{ overflowWrap: "anywhere" }}>{digest}</Code>
      {navigator.clipboard ? (
        <CopyButton value={digest}>
          {({ copied, copy }) => (
            <UnstyledButton onClick={copy} aria-label={copied ? "Copied" : "Copy the digest"} lh={0}>
              {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
            </UnstyledButton>
          )}
        </CopyButton>
      ) : null}
    </Group>
  );
}
