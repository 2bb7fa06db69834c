// What can be done with an attempt, wherever one is shown: the likeliest as buttons, all of it in a menu that says what each will do
// and, of what cannot be done now, why.
import { Button, Group, Menu, Text } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { type Action, type ActionKey, type Around, stageActions } from "./actions.ts";
import { useStageActions } from "./useStageActions.tsx";

const FIRST: readonly ActionKey[] = ["abort", "retry", "redo"];

export function StageActions(around: Around) {
  const actions = stageActions(around);
  const { busy, perform } = useStageActions(around);
  const first = actions.filter(({ key, refused }) => FIRST.includes(key) && !refused).slice(0, 2);
  return (
    <Group gap="xs">
      {first.map(({ key, word, does }, index) => (
        <Button
          key={key}
          size="xs"
          variant={index === 0 && key !== "abort" ? "filled" : "default"}
          title={does}
          disabled={busy}
          onClick={() => perform(key)}
        >
          {word}
        </Button>
      ))}
      <ActionMenu actions={actions.filter(({ key }) => !first.some((one) => one.key === key))} perform={perform} />
    </Group>
  );
}

interface MenuProps<Key extends string> {
  actions: readonly (Omit<Action, "key"> & { key: Key })[];
  perform: (key: Key) => void;
}

/** What cannot be done stays in reach of keys and readers, so that they are told why. */
export function ActionMenu<Key extends string>({ actions, perform }: MenuProps<Key>) {
  if (actions.length === 0) return null;
  return (
    <Menu position="bottom-end" width={300} withinPortal>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconDots size={16} aria-hidden />}>
          More
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map(({ key, word, does, refused }) => (
          <Menu.Item
            key={key}
            aria-disabled={refused ? true : undefined}
            closeMenuOnClick={!refused}
            onClick={refused ? undefined : () => perform(key)}
          >
            <Text size="sm" fw={500} {...(refused ? { c: "dimmed" } : {})}>
              {word}
            </Text>
            <Text size="xs" c="dimmed">
              {refused ? `Not now: ${refused}` : does}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
