// The attempts of a project, drawn as a tree or told as a list, and the one that is picked beside them. Loaded with its page only.
import { Box, Button, Flex } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { PipelineSpec } from "../api/winslow/v1/pipeline_pb.ts";
import type { Project } from "../api/winslow/v1/project_pb.ts";
import type { Stage } from "../api/winslow/v1/stage_pb.ts";
import { Empty } from "../parts/Empty.tsx";
import { idOf, stageName, sweepName } from "../parts/names.ts";
import { droppedFrom } from "../stage/actions.ts";
import { List } from "./List.tsx";
import { StagePanel } from "./StagePanel.tsx";
import { SweepPanel } from "./SweepPanel.tsx";
import { frontOf } from "./shape/front.ts";
import { type TreeNode, treeOf } from "./shape/tree.ts";
import { Tree } from "./Tree.tsx";
import type { Attempts } from "./useAttempts.ts";

const route = getRouteApi("/projects/$project");

interface Props {
  project: Project;
  attempts: Attempts;
  pipeline: PipelineSpec | undefined;
  as: "tree" | "list";
  /** The id of the stage that is picked. */
  stage: string | undefined;
}

export function Attempted({ project, attempts, pipeline, as, stage: picked }: Props) {
  const { open, sweep } = route.useSearch();
  const navigate = route.useNavigate();
  const router = useRouter();
  const wide = useMediaQuery("(min-width: 68em)", undefined, { getInitialValueInEffect: false });
  const id = idOf(project.name);
  const unfolded = useMemo(
    () =>
      new Set(
        (open ?? "")
          .split(",")
          .filter(Boolean)
          .map((sweep) => `${project.name}/sweeps/${sweep}`),
      ),
    [open, project.name],
  );
  const { stages, runs, sweeps } = attempts;
  const tree = useMemo(
    () => treeOf({ stages, runs, sweeps, pipeline, open: unfolded }),
    [stages, runs, sweeps, pipeline, unfolded],
  );
  const { dropping } = project;
  const dropped = useCallback((stage: Stage) => droppedFrom({ dropping }, stage), [dropping]);
  const show = (one: { stage: string } | { sweep: string } | undefined) =>
    void navigate({
      search: ({ stage: _, sweep: __, ...now }) => ({ ...now, ...one }),
      replace: Boolean(picked ?? sweep),
    });
  const fold = (sweep: string) => {
    const ids = new Set([...unfolded].map(idOf));
    if (!ids.delete(idOf(sweep))) ids.add(idOf(sweep));
    const next = [...ids].sort().join(",");
    void navigate({ search: ({ open: _, ...now }) => (next ? { ...now, open: next } : now), replace: true });
  };
  const address = useCallback((node: TreeNode) => addressOf(id, node), [id]);
  const go = (node: TreeNode) => {
    const href = address(node);
    if (href) router.history.push(href);
  };
  const pick = (node: TreeNode) => {
    if (node.kind === "stage" && wide) show({ stage: idOf(node.key) });
    else if (node.kind === "sweep" && wide) show({ sweep: idOf(node.key) });
    else go(node);
  };
  if (tree.nodes.length === 1) return <Untouched id={id} />;
  if (as === "list") return <List tree={tree} dropped={dropped} onOpen={go} />;
  const beside = picked ? stageName(id, picked) : sweep ? sweepName(id, sweep) : undefined;
  const shown = beside && wide ? tree.byKey.get(beside) : undefined;
  return (
    <Flex gap="md" align="flex-start">
      <Box flex={1} miw={0}>
        <Tree
          tree={tree}
          selected={shown?.key}
          front={frontOf(tree)}
          dropped={dropped}
          address={address}
          onPick={pick}
          onOpen={go}
        />
      </Box>
      {shown?.kind === "sweep" ? (
        <Box w={380} style={{ flexShrink: 0 }}>
          <SweepPanel node={shown} project={id} fold={() => fold(shown.key)} close={() => show(undefined)} />
        </Box>
      ) : null}
      {shown?.kind === "stage" ? (
        <Box w={380} style={{ flexShrink: 0 }}>
          <StagePanel
            key={shown.key}
            attempts={attempts}
            stage={shown.stage}
            stale={shown.stale}
            project={project}
            run={runs.get(shown.stage.run)}
            parent={shown.stage.parent ? stages.get(shown.stage.parent) : undefined}
            definitions={pipeline && new Set(pipeline.stages.map(({ name }) => name))}
            close={() => show(undefined)}
          />
        </Box>
      ) : null}
    </Flex>
  );
}

/** Where a node leads; undefined for what has no page. */
function addressOf(project: string, node: TreeNode): string | undefined {
  const here = `/projects/${encodeURIComponent(project)}`;
  switch (node.kind) {
    case "root":
      return `/browse${here}/workspace`;
    case "stage":
    case "earlier":
      return `${here}/stages/${encodeURIComponent(idOf(node.key))}`;
    case "ghost": {
      const { gate, run, definition } = node.ghost;
      return gate ? `${here}/runs/${idOf(run.name)}/gates/${encodeURIComponent(definition.name)}` : undefined;
    }
    case "sweep":
      return `${here}/sweeps/${encodeURIComponent(idOf(node.key))}`;
  }
}

function Untouched({ id }: { id: string }) {
  return (
    <Empty
      title="Nothing was done yet"
      action={
        <Button renderRoot={(props) => <Link {...props} to="/projects/$project/start" params={{ project: id }} />}>
          Start it
        </Button>
      }
    >
      Put its input into its files first, if it needs any. Each attempt at a stage is drawn here then.
    </Empty>
  );
}
