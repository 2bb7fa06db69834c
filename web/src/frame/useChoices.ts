// All that the palette finds, as things that can be done.
import { useMantineColorScheme } from "@mantine/core";
import { IconBinaryTree, IconHelp, IconMoon, IconPlus, IconRoute, IconServer2 } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { ProjectState } from "../api/winslow/v1/project_pb.ts";
import { useTable } from "../live/Live.tsx";
import { idOf } from "../parts/names.ts";
import { PROJECT_MARKS } from "../parts/StateMark.tsx";
import type { Findable } from "./finding.ts";
import { OTHERS, PLACES } from "./places.ts";

export interface Choice extends Findable {
  icon: typeof IconHelp;
  keys?: string;
  act: () => void;
}

export function useChoices({ onHelp }: { onHelp: () => void }): Choice[] {
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [projects, pipelines, nodes] = [useTable("project"), useTable("pipeline"), useTable("node")];
  return useMemo(() => {
    const waiting: Choice[] = [];
    const others: Choice[] = [];
    for (const { name, displayName, state, author } of projects.values()) {
      const project = idOf(name);
      const waits = state === ProjectState.AWAITING_INPUT;
      (waits ? waiting : others).push({
        id: name,
        word: displayName || project,
        note: `${PROJECT_MARKS[state].word} · ${author} · ${project}`,
        icon: IconBinaryTree,
        act: () => void navigate({ to: "/projects/$project", params: { project } }),
      });
    }
    return [
      ...[...PLACES, ...OTHERS].map(({ to, word, icon, key }) => ({
        id: to,
        word,
        icon,
        keys: `g ${key}`,
        act: () => void navigate({ to: to as string }),
      })),
      ...waiting,
      {
        id: "new-project",
        word: "New project",
        icon: IconPlus,
        keys: "c",
        act: () => void navigate({ to: "/projects/new" }),
      },
      { id: "new-pipeline", word: "New pipeline", icon: IconPlus, act: () => void navigate({ to: "/pipelines/new" }) },
      { id: "welcome", word: "Welcome and example", icon: IconHelp, act: () => void navigate({ to: "/welcome" }) },
      { id: "help", word: "Keys", note: "keyboard shortcuts", icon: IconHelp, keys: "?", act: onHelp },
      ...(["auto", "light", "dark"] as const)
        .filter((scheme) => scheme !== colorScheme)
        .map((scheme) => ({
          id: `scheme-${scheme}`,
          word: scheme === "auto" ? "Light or dark as the system has it" : `Make it ${scheme}`,
          note: "theme appearance",
          icon: IconMoon,
          act: () => setColorScheme(scheme),
        })),
      ...others,
      ...[...pipelines.values()].map(({ name, spec }) => ({
        id: name,
        word: spec?.displayName || idOf(name),
        note: "pipeline",
        icon: IconRoute,
        act: () => void navigate({ to: "/pipelines/$pipeline", params: { pipeline: idOf(name) } }),
      })),
      ...[...nodes.values()].map(({ name }) => ({
        id: name,
        word: idOf(name),
        note: "node",
        icon: IconServer2,
        act: () => void navigate({ to: "/nodes/$node", params: { node: idOf(name) } }),
      })),
    ];
  }, [projects, pipelines, nodes, colorScheme, setColorScheme, navigate, onHelp]);
}
