// What another attempt would get that the one it is made beside did not.
import { Badge, Group, Text } from "@mantine/core";
import { IconArrowNarrowRight } from "@tabler/icons-react";
import type { Difference } from "./differences.ts";
import classes from "./start.module.css";

export function Differences({ to, differences }: { to: string; differences: readonly Difference[] }) {
  if (differences.length === 0) {
    return <Text size="sm">Nothing differs from {to} yet: it would be the same again.</Text>;
  }
  return (
    <section aria-label={`Differences to ${to}`}>
      <Text size="sm" fw={500} mb={4}>
        Differs from {to}
      </Text>
      <dl className={classes.difference}>
        {differences.map((one) => (
          <Line key={one.key} difference={one} />
        ))}
      </dl>
    </section>
  );
}

function Line({ difference: { key, before, after, here } }: { difference: Difference }) {
  return (
    <>
      <dt>{key}</dt>
      <dd>
        <Group gap={6} wrap="wrap">
          <Value text={before} />
          <IconArrowNarrowRight size={14} role="img" aria-label="becomes" />
          <Value text={after} strong />
          {here ? null : (
            <Badge
              size="xs"
              variant="default"
              tt="none"
              title="Changed in the pipeline or the cluster since that attempt"
            >
              changed since
            </Badge>
          )}
        </Group>
      </dd>
    </>
  );
}

function Value({ text, strong }: { text: string | undefined; strong?: boolean }) {
  if (text === undefined) return <Text size="sm">not set</Text>;
  return (
    <Text size="sm" ff="monospace" fw={strong ? 600 : 400} style={{ overflowWrap: "anywhere" }}>
      {text === "" ? "(empty)" : text}
    </Text>
  );
}
