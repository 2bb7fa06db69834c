// An attempt to inspect, beside another: its results and media, its charts, its files, its log, and what differs. What a tab shows
// is asked for when it is looked at.
import { Skeleton, Stack, Tabs, Text, Title } from "@mantine/core";
import { Suspense } from "react";
import { FileList } from "../files/FileList.tsx";
import { lazyPart } from "../parts/fetching.ts";
import { idOf } from "../parts/names.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { TabStrip } from "../parts/TabStrip.tsx";
import { ResultsTable } from "../stage/ResultsTable.tsx";
import { useStage } from "../stage/useStage.ts";
import { FileDifferences } from "./FileDifferences.tsx";
import { Media } from "./Media.tsx";
import { type Comparison, useComparison } from "./useComparison.ts";
import { Values } from "./Values.tsx";

const StageCharts = lazyPart(() => import("../charts/StageCharts.tsx"), "StageCharts");
const LogView = lazyPart(() => import("../logs/LogView.tsx"), "LogView");

export const TABS = ["look", "differences", "charts", "files", "log"] as const;
export type Tab = (typeof TABS)[number];
const WORDS: Record<Tab, string> = {
  look: "Results and pictures",
  differences: "Differences",
  charts: "Charts",
  files: "Files",
  log: "Log",
};

export const tabOf = (text: string | undefined): Tab => TABS.find((one) => one === text) ?? "look";

interface Props {
  /** Stages' names; `before` "" for none. */
  after: string;
  before: string;
  tab: Tab;
  onTab: (tab: Tab) => void;
  file: string | undefined;
  onFile: (path: string) => void;
}

export function Inspection({ after, before, tab, onTab, file, onFile }: Props) {
  const sides = [useStage(after).stage, useStage(before).stage];
  const as = sides.map((stage) => `${stage?.state ?? ""}`).join();
  const comparison = useComparison(before, after, as);
  const shown = TABS.filter((one) => before || one !== "differences");
  const now = shown.includes(tab) ? tab : "look";
  return (
    <Tabs value={now} onChange={(value) => onTab(tabOf(value ?? undefined))} keepMounted={false}>
      <TabStrip at={now} mb="sm">
        {shown.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {WORDS[one]}
          </Tabs.Tab>
        ))}
      </TabStrip>
      <Tabs.Panel value="look">
        <Stack gap="md">
          <ResultsTable stage={after} before={before || undefined} />
          <Media {...{ after, before, comparison, as, file, onFile }} />
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="differences">
        <Differences comparison={comparison} names={{ before: idOf(before), after: idOf(after) }} />
      </Tabs.Panel>
      <Tabs.Panel value="charts">
        <Suspense fallback={<Skeleton height={220} aria-label="Loading charts" />}>
          <StageCharts stage={after} others={before ? [before] : undefined} />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="files">
        <Stack gap="md">
          {["output", "workspace"].map((where) => (
            <section key={where} aria-label={where}>
              <Title order={3} size="h6" mb={4}>
                {where === "output" ? "What it gave out" : "Its workspace"}
              </Title>
              <FileList path={`${after}/${where}`} height="320px" />
            </section>
          ))}
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="log">
        <Suspense fallback={<Skeleton height={320} aria-label="Loading the log" />}>
          <LogView stage={after} />
        </Suspense>
      </Tabs.Panel>
    </Tabs>
  );
}

function Differences({ comparison, names }: { comparison: Comparison; names: { before: string; after: string } }) {
  const { first, error } = comparison;
  if (names.before === names.after) return <Text size="sm">Both sides are the same attempt.</Text>;
  if (error) return <ProblemNote error={error} again={() => void comparison.refetch()} />;
  if (!first) return <Skeleton height={200} aria-label="Comparing" />;
  return (
    <Stack gap="lg">
      <Values title="Variables" differences={first.environment} names={names} />
      <Values title="Results" differences={first.results} names={names} />
      <Values title="Definition" differences={first.definition} names={names} />
      <FileDifferences comparison={comparison} names={names} />
    </Stack>
  );
}
