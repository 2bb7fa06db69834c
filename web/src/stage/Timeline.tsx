// An attempt's way from being made to its end: how long each part of it took, beside each other and in words.
import { Group, Stack, Text } from "@mantine/core";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { StageState } from "../api/winslow/v1/stage_pb.ts";
import { moment } from "../parts/words.ts";
import { lasted, type Phase, phases } from "./spans.ts";
import classes from "./stage.module.css";
import { Took } from "./Took.tsx";
import { useSecond } from "./useSecond.ts";

const LOOKS: Record<string, string | undefined> = {
  "Waited for a node": classes.waited,
  "Was prepared": classes.prepared,
  Ran: classes.ran,
};

export function Timeline({ stage }: { stage: Stage }) {
  const steps = phases(stage);
  if (stage.state === StageState.SKIPPED)
    return <Text size="sm">It was passed over at {moment(stage.createTime)}.</Text>;
  return (
    <Stack gap="xs">
      <Line steps={steps} />
      <ol className={classes.steps}>
        <li>Made at {moment(stage.createTime)}</li>
        {steps.map(({ word, span }) => (
          <li key={word}>
            <Group gap={6} component="span">
              <span className={`${classes.key} ${LOOKS[word] ?? ""}`} aria-hidden />
              {word} for <Took span={span} />
              {span.to === undefined ? " so far" : ""}
            </Group>
          </li>
        ))}
        {stage.endTime ? <li>Ended at {moment(stage.endTime)}</li> : null}
      </ol>
    </Stack>
  );
}

function Line({ steps }: { steps: readonly Phase[] }) {
  const open = steps.some(({ span }) => span.to === undefined);
  return open ? <Growing steps={steps} /> : <Drawn steps={steps} now={0} />;
}

function Growing({ steps }: { steps: readonly Phase[] }) {
  return <Drawn steps={steps} now={useSecond()} />;
}

function Drawn({ steps, now }: { steps: readonly Phase[]; now: number }) {
  return (
    <div className={classes.line} aria-hidden>
      {steps.map(({ word, span }) => (
        <div
          key={word}
          className={LOOKS[word]}
          style={{ flexGrow: Math.max(1000 * lasted(span, now), 1) }}
          title={word}
        />
      ))}
    </div>
  );
}
