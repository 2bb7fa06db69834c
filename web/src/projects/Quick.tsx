// The states with how many projects are in each: to see at a glance, and to look at one of them alone.
import { Text } from "@mantine/core";
import { memo } from "react";
import { ProjectState } from "../api/winslow/v1/project_pb.ts";
import { PROJECT_MARKS } from "../parts/StateMark.tsx";
import { STATE_WORDS } from "./criteria.ts";
import classes from "./projects.module.css";

interface Props {
  counts: ReadonlyMap<ProjectState, number>;
  state: string | undefined;
  onState: (state: string | undefined) => void;
}

export const Quick = memo(function Quick({ counts, state, onState }: Props) {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const shown = Object.entries(STATE_WORDS).filter(([word, is]) => counts.get(is) || word === state);
  return (
    <fieldset className={classes.quick} aria-label="By state">
      <button type="button" className={classes.chip} aria-pressed={!state} onClick={() => onState(undefined)}>
        All <b>{all}</b>
      </button>
      {shown.map(([word, is]) => {
        const { shape: Shape, colour } = PROJECT_MARKS[is];
        const said = is === ProjectState.AWAITING_INPUT ? "Waits for a person" : PROJECT_MARKS[is].word;
        return (
          <button
            key={word}
            type="button"
            className={classes.chip}
            aria-pressed={state === word}
            onClick={() => onState(state === word ? undefined : word)}
          >
            <Text c={colour} component="span" lh={0}>
              <Shape size={15} aria-hidden />
            </Text>
            {said} <b>{counts.get(is) ?? 0}</b>
          </button>
        );
      })}
    </fieldset>
  );
});
