// Looks through a log: what for, how often it was found, and to the next and the one before.
import { ActionIcon, CloseButton, Group, Text, TextInput } from "@mantine/core";
import { IconArrowNarrowDown, IconArrowNarrowUp, IconRegex, IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, type RefObject, useEffect, useState } from "react";
import { problemOf } from "../rpc/problem.ts";
import { asExpression, isExpression } from "./patterns.ts";
import type { SearchSays } from "./search.ts";
import type { Searching } from "./useSearch.ts";

interface Props {
  searching: Searching;
  box: RefObject<HTMLInputElement | null>;
  onLook: (find: string) => void;
  onLeave: () => void;
}

export function SearchBox({ searching, box, onLook, onLeave }: Props) {
  const { find, says, place, none } = searching;
  const [written, write] = useState(find);
  useEffect(() => write(find), [find]);
  const expression = isExpression(written);
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      onLeave();
    }
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (written !== find) onLook(written);
    else searching.go(!event.shiftKey);
  };
  const problem = says?.problem ? problemOf(says.problem) : undefined;
  return (
    <Group gap={4} wrap="nowrap" role="search">
      <TextInput
        ref={box}
        size="xs"
        w={230}
        aria-label="Search in the log"
        placeholder="Search (/)"
        title="Words, or /a regular expression/"
        value={written}
        error={Boolean(problem)}
        leftSection={<IconSearch size={14} aria-hidden />}
        rightSection={
          written ? (
            <CloseButton
              size="xs"
              aria-label="End the search"
              onClick={() => {
                write("");
                onLook("");
              }}
            />
          ) : null
        }
        onChange={(event) => write(event.currentTarget.value)}
        onKeyDown={pressed}
        onBlur={() => written !== find && onLook(written)}
      />
      <ActionIcon
        variant={expression ? "light" : "default"}
        aria-label="Regular expression"
        aria-pressed={expression}
        title="Regular expression"
        disabled={!written}
        onClick={() => {
          const next = asExpression(written, !expression);
          write(next);
          onLook(next);
        }}
      >
        <IconRegex size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="default"
        aria-label="One before (N)"
        title="One before (N)"
        disabled={!says}
        onClick={() => searching.go(false)}
      >
        <IconArrowNarrowUp size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="default"
        aria-label="Next one (n)"
        title="Next one (n)"
        disabled={!says}
        onClick={() => searching.go(true)}
      >
        <IconArrowNarrowDown size={16} aria-hidden />
      </ActionIcon>
      {says ? (
        <Text size="xs" role="status" miw={64} {...(problem ? { c: "red", title: problem.hint } : {})}>
          {problem ? problem.message : counted(says, place, none)}
        </Text>
      ) : null}
    </Group>
  );
}

function counted({ count, more, done, share }: SearchSays, place: number, none: boolean): string {
  const all = `${count.toLocaleString()}${more ? "+" : ""}`;
  const found = place > 0 ? `${place.toLocaleString()} of ${all}` : count === 0 ? "nothing yet" : all;
  if (!done) return `${found} · ${Math.floor(share * 100)}%`;
  if (count === 0) return "not found";
  return none ? `${found} · no more` : found;
}
