// What the list is narrowed down by: words, and one each of tag, pipeline and author. All of it is in the address.
import { ActionIcon, TextInput } from "@mantine/core";
import { IconSearch, IconX } from "@tabler/icons-react";
import { Fragment, memo, Suspense, useCallback, useState } from "react";
import { lazyPart } from "../parts/fetching.ts";
import { useLater } from "../parts/useLater.ts";
import type { Projects } from "./arranging.ts";
import type { ChoiceProps } from "./Choice.tsx";
import type { Asked, Change } from "./criteria.ts";
import classes from "./projects.module.css";
import { useTyped } from "./useTyped.ts";

const Choice = lazyPart(() => import("./Choice.tsx"), "Choice");

interface Props {
  /** Another number after the list was left: choices that were open then are closed. */
  visit: number;
  asked: Asked;
  table: Projects;
  /** The same functions each time. */
  onWant: (text: string) => void;
  onAsk: (change: Change) => void;
}

export const Filters = memo(function Filters({ visit, asked, table, onWant, onAsk }: Props) {
  return (
    <div className={classes.filters}>
      <Find said={asked.text ?? ""} want={onWant} tell={useCallback((text) => onAsk({ text }), [onAsk])} />
      <Fragment key={visit}>
        <Drawn word="Tag" field="tag" value={asked.tag ?? null} {...{ table, onAsk }} />
        <Drawn word="Pipeline" field="pipeline" value={asked.pipeline ?? null} {...{ table, onAsk }} />
        <Drawn word="Author" field="author" value={asked.author ?? null} {...{ table, onAsk }} />
      </Fragment>
    </div>
  );
});

/** A choice, as soon as the list has been drawn; until then what it looks like. Who was in it by then is in the choice. */
function Drawn(props: ChoiceProps) {
  const [within, setWithin] = useState(false);
  const plain = (
    <TextInput
      readOnly
      aria-label={props.word}
      placeholder={props.word}
      value={props.value ?? ""}
      onFocus={() => setWithin(true)}
      onBlur={() => setWithin(false)}
      autoFocus={within}
    />
  );
  return useLater() ? (
    <Suspense fallback={plain}>
      <Choice autoFocus={within} {...props} />
    </Suspense>
  ) : (
    plain
  );
}

/** By itself: a letter draws nothing else at once. */
function Find(asked: { said: string; want: (text: string) => void; tell: (text: string) => void }) {
  const [text, type] = useTyped(asked);
  return (
    <TextInput
      className={classes.find}
      id="find-projects"
      aria-label="Find projects by name, tag, pipeline or person"
      placeholder="Name, tag, pipeline or person"
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Escape" && text && type("")}
      rightSection={
        text ? (
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Find all" onClick={() => type("")}>
            <IconX size={14} aria-hidden />
          </ActionIcon>
        ) : null
      }
    />
  );
}
