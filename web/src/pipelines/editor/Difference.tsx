// Two pipeline files against each other: side by side where there is room, one in the other where there is none.
import { yaml } from "@codemirror/lang-yaml";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { Box, Group, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import { reading } from "./basics.ts";

export interface DifferenceProps {
  before: string;
  after: string;
  beforeLabel: string;
  afterLabel: string;
  /** The later one can be changed, and pieces of the earlier one taken over. */
  onChange?: (after: string) => void;
}

/** Pixels from which both are shown beside each other. */
const WIDE = 760;
const COLLAPSED = { margin: 3, minSize: 6 };

export function Difference({ before, after, beforeLabel, afterLabel, onChange }: DifferenceProps) {
  const { ref, width } = useElementSize();
  const place = useRef<HTMLDivElement>(null);
  const told = useRef({ after, onChange });
  const beside = width >= WIDE;
  const known = width > 0;
  const editable = Boolean(onChange);
  // What is changed here comes back as `after`: it is not put in anew, so that the cursor stays.
  const own = useRef<string | undefined>(undefined);
  const shown = own.current === after ? undefined : after;
  const latest = useRef(after);
  if (shown !== undefined) latest.current = shown;
  useEffect(() => {
    told.current = { after, onChange };
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `latest` follows `shown`, which is among them
  useEffect(() => {
    if (!place.current || !known) return;
    const heard = EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      own.current = update.state.doc.toString();
      latest.current = own.current;
      told.current.onChange?.(own.current);
    });
    const dressed = (label: string, editable: boolean): Extension => [
      reading,
      yaml(),
      EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
      EditorState.readOnly.of(!editable),
      EditorView.editable.of(true), // so that it can be reached and read by keyboard
    ];
    const changed = [dressed(afterLabel, editable), heard];
    if (beside) {
      const view = new MergeView({
        parent: place.current,
        a: { doc: before, extensions: dressed(beforeLabel, false) },
        b: { doc: latest.current, extensions: changed },
        collapseUnchanged: COLLAPSED,
        ...(editable ? { revertControls: "a-to-b" as const } : {}),
      });
      return () => view.destroy();
    }
    const view = new EditorView({
      parent: place.current,
      doc: latest.current,
      extensions: [
        ...changed,
        unifiedMergeView({ original: before, mergeControls: editable, collapseUnchanged: COLLAPSED }),
      ],
    });
    return () => view.destroy();
  }, [before, shown, beforeLabel, afterLabel, beside, known, editable]);
  return (
    <Box ref={ref}>
      <Group grow={beside} gap="md" mb={4}>
        <Text size="sm" fw={600}>
          {beforeLabel}
          {beside ? "" : ` → ${afterLabel}`}
        </Text>
        {beside ? (
          <Text size="sm" fw={600}>
            {afterLabel}
          </Text>
        ) : null}
      </Group>
      <Box
        ref={place}
        style={{
          border: "1px solid var(--mantine-color-default-border)",
          borderRadius: "var(--mantine-radius-sm)",
          overflow: "hidden",
        }}
      />
    </Box>
  );
}
