// biome-ignore-all lint/a11y/useSemanticElements: what can be chosen is a list beside the field that narrows it, as in a combobox
// biome-ignore-all lint/a11y/useFocusableInteractive: the field keeps the focus, and says which one is chosen
// Everything with a name, a few letters away: pages, things to do, projects, pipelines, nodes.
import { Kbd, Modal, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { found } from "./finding.ts";
import classes from "./frame.module.css";
import { type Choice, useChoices } from "./useChoices.ts";

const MOST = 12;

interface Props {
  onClose: () => void;
  onHelp: () => void;
}

export function Palette({ onClose, onHelp }: Props) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const choices = useChoices({ onHelp });
  const wanted = useDeferredValue(text);
  const shown = useMemo(() => found(choices, wanted, MOST), [choices, wanted]);
  const chosen = Math.min(at, shown.length - 1);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const go = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    choice.act();
  };
  const moves: Record<string, () => void> = {
    ArrowDown: () => setAt((chosen + 1) % Math.max(1, shown.length)),
    ArrowUp: () => setAt((chosen - 1 + shown.length) % Math.max(1, shown.length)),
    Enter: () => go(shown[chosen]),
  };
  return (
    <Modal.Root opened onClose={onClose} padding={0} yOffset="12vh" size="lg" transitionProps={{ duration: 0 }}>
      <Modal.Overlay />
      <Modal.Content aria-label="Go to or do something">
        <TextInput
          size="lg"
          variant="unstyled"
          px="sm"
          leftSection={<IconSearch size={18} aria-hidden />}
          leftSectionPointerEvents="none"
          placeholder="Go to a project, a page, a node…"
          aria-label="Go to or do something"
          role="combobox"
          aria-expanded
          aria-controls="palette"
          aria-activedescendant={shown[chosen] ? `palette-${chosen}` : undefined}
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const move = moves[event.key];
            if (!move) return;
            event.preventDefault();
            move();
          }}
          data-autofocus
        />
        <div ref={list} id="palette" role="listbox" aria-label="What was found" className={classes.choices}>
          {shown.map((choice, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field listens to the keys
            <div
              key={choice.id}
              id={`palette-${index}`}
              role="option"
              aria-selected={index === chosen}
              className={classes.choice}
              onClick={() => go(choice)}
              onPointerMove={() => setAt(index)}
            >
              <choice.icon size={18} aria-hidden />
              <span className={classes.chosen}>{choice.word}</span>
              {choice.note ? (
                <Text span size="xs" c="dimmed" className={classes.note}>
                  {choice.note}
                </Text>
              ) : null}
              {choice.keys ? <Kbd size="xs">{choice.keys}</Kbd> : null}
            </div>
          ))}
          {shown.length === 0 ? (
            <Text size="sm" c="dimmed" p="sm">
              Nothing is called that.
            </Text>
          ) : null}
        </div>
      </Modal.Content>
    </Modal.Root>
  );
}
