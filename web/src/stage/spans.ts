// How long an attempt waited, was prepared and ran, from the times in its record.
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { type Stage, StageState } from "../api/winslow/v1/stage_pb.ts";

/** Milliseconds; without an end it goes on. */
export interface Span {
  from: number;
  to: number | undefined;
}

const ms = (time: Timestamp | undefined) => (time ? timestampMs(time) : undefined);

/** What people ask for first: how long it ran; of one that has not begun, how long it has waited. Undefined where it never did. */
export function mainSpan(stage: Stage): Span | undefined {
  const end = ms(stage.endTime);
  const began = ms(stage.startTime) ?? ms(stage.placeTime);
  if (began !== undefined) return { from: began, to: end };
  const made = ms(stage.createTime);
  return made === undefined || end !== undefined ? undefined : { from: made, to: undefined };
}

export interface Phase {
  word: string;
  span: Span;
}

/** Its whole way: queued, prepared, running, each as long as it lasted. */
export function phases(stage: Stage): Phase[] {
  if (stage.state === StageState.SKIPPED) return [];
  const end = ms(stage.endTime);
  const steps = [
    { word: "Waited for a node", from: ms(stage.createTime) },
    { word: "Was prepared", from: ms(stage.placeTime) },
    { word: "Ran", from: ms(stage.startTime) },
  ].filter((step): step is { word: string; from: number } => step.from !== undefined);
  return steps.map(({ word, from }, index) => {
    const to = steps[index + 1]?.from ?? end;
    // Times come from several clocks: what would end before it began took no time.
    return { word, span: { from, to: to === undefined ? undefined : Math.max(from, to) } };
  });
}

export const lasted = ({ from, to }: Span, now: number): number => Math.max(0, (to ?? now) - from) / 1000;

const ENDED: ReadonlySet<StageState> = new Set([
  StageState.SUCCEEDED,
  StageState.FAILED,
  StageState.ABORTED,
  StageState.LOST,
  StageState.SKIPPED,
]);

export const hasEnded = (state: StageState): boolean => ENDED.has(state);
export const isWaiting = (state: StageState): boolean => state === StageState.QUEUED || state === StageState.ELECTING;
