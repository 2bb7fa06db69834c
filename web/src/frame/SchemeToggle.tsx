// Light, dark, or as the system has it.
import { ActionIcon, useMantineColorScheme } from "@mantine/core";
import { IconMoon, IconSun, IconSunMoon } from "@tabler/icons-react";

const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const SHOWN = {
  auto: { word: "as the system has it", icon: IconSunMoon },
  light: { word: "light", icon: IconSun },
  dark: { word: "dark", icon: IconMoon },
};

export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { word, icon: Icon } = SHOWN[colorScheme];
  const next = SHOWN[NEXT[colorScheme]].word;
  const said = `Appearance: ${word}. Make it ${next}`;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={said}
      title={said}
      onClick={() => setColorScheme(NEXT[colorScheme])}
    >
      <Icon size={18} aria-hidden />
    </ActionIcon>
  );
}
