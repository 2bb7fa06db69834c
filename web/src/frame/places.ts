// Where one can go from anywhere, and by which keys.
import {
  IconBinaryTree,
  IconChartBar,
  IconClock,
  IconFolder,
  IconRoute,
  IconServer2,
  IconSettings,
  IconTransfer,
} from "@tabler/icons-react";

export const PLACES = [
  { to: "/projects", word: "Projects", icon: IconBinaryTree, key: "p" },
  { to: "/queue", word: "Queue", icon: IconClock, key: "q" },
  { to: "/browse", word: "Files", icon: IconFolder, key: "f" },
  { to: "/pipelines", word: "Pipelines", icon: IconRoute, key: "l" },
  { to: "/nodes", word: "Nodes", icon: IconServer2, key: "n" },
  { to: "/statistics", word: "Statistics", icon: IconChartBar, key: "s" },
  { to: "/settings", word: "Settings", icon: IconSettings, key: "e" },
] as const;

/** Not among the places that are always to be seen. */
export const OTHERS = [{ to: "/transfers", word: "Transfers", icon: IconTransfer, key: "t" }] as const;

export type Place = (typeof PLACES)[number] | (typeof OTHERS)[number];
