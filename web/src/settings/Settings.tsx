// What holds for the whole cluster, and what each person wants to be told; a tab for each, with an address of its own.
import { Loader, Stack, Tabs, Title } from "@mantine/core";
import { IconBell, IconBookmark, IconGauge, IconRecycle, IconVariable } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { Suspense } from "react";
import { lazyPart } from "../parts/fetching.ts";
import { TabStrip } from "../parts/TabStrip.tsx";
import { usePageTitle } from "../parts/usePageTitle.ts";

const route = getRouteApi("/settings");

const TABS = [
  {
    tab: "notifications",
    word: "Notifications",
    icon: IconBell,
    page: lazyPart(() => import("./notifications/Notifications.tsx"), "Notifications"),
  },
  {
    tab: "environment",
    word: "Environment",
    icon: IconVariable,
    page: lazyPart(() => import("./Environment.tsx"), "Environment"),
  },
  {
    tab: "limits",
    word: "Limits",
    icon: IconGauge,
    page: lazyPart(() => import("./Limits.tsx"), "Limits"),
  },
  {
    tab: "retention",
    word: "Retention",
    icon: IconRecycle,
    page: lazyPart(() => import("./Retention.tsx"), "Retention"),
  },
  {
    tab: "views",
    word: "Views",
    icon: IconBookmark,
    page: lazyPart(() => import("./Views.tsx"), "Views"),
  },
] as const;

export function Settings() {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const shown = TABS.find((one) => one.tab === tab) ?? TABS[0];
  usePageTitle(shown.word, "Settings");
  return (
    <Stack gap="md">
      <Title order={2}>Settings</Title>
      <Tabs
        value={shown.tab}
        onChange={(next) => void navigate({ search: next && next !== TABS[0].tab ? { tab: next } : {} })}
        keepMounted={false}
      >
        <TabStrip at={shown.tab}>
          {TABS.map(({ tab: value, word, icon: Icon }) => (
            <Tabs.Tab key={value} value={value} leftSection={<Icon size={16} aria-hidden />}>
              {word}
            </Tabs.Tab>
          ))}
        </TabStrip>
        {TABS.map(({ tab: value, page: Page }) => (
          <Tabs.Panel key={value} value={value} pt="md">
            <Suspense fallback={<Loader size="sm" aria-label="Loading" />}>
              <Page />
            </Suspense>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}
