// One node of the tree: what it is, how it is, how long it took and what came out, told by shape and word as well as by colour.
import { Text } from "@mantine/core";
import { IconArrowsSplit, IconFolder, IconHandStop, IconHistory, IconHourglass } from "@tabler/icons-react";
import { memo, type ReactNode } from "react";
import { idOf } from "../parts/names.ts";
import { STAGE_MARKS } from "../parts/StateMark.tsx";
import { Signs } from "../stage/Signs.tsx";
import { mainSpan } from "../stage/spans.ts";
import { Took } from "../stage/Took.tsx";
import { keyResults, titleOf } from "../stage/words.ts";
import { ghostSaid, sweepCounts } from "./said.ts";
import type { TreeNode } from "./shape/tree.ts";
import classes from "./tree.module.css";

/** What is inside of a node's frame. Drawn again only when what it shows is another. */
export const NodeBody = memo(
  function NodeBody({ node, dropped }: { node: TreeNode; dropped: boolean }) {
    switch (node.kind) {
      case "root":
        return <Lines shape={IconFolder} name="Start" lines={["Your files"]} />;
      case "earlier":
        return <Lines shape={IconHistory} name={idOf(node.key)} lines={["An earlier attempt, not loaded"]} />;
      case "sweep":
        return <SweepBody node={node} />;
      case "ghost":
        return <GhostBody node={node} />;
      case "stage":
        return <StageBody node={node} dropped={dropped} />;
    }
  },
  (one, other) => one.dropped === other.dropped && looksSame(one.node, other.node),
);

/** Whether two nodes are drawn the same; records are never changed in place. */
export function looksSame(one: TreeNode, other: TreeNode): boolean {
  if (one === other) return true;
  if (one.kind === "stage" && other.kind === "stage") {
    return one.stage === other.stage && one.stale === other.stale && one.current === other.current;
  }
  if (one.kind === "ghost" && other.kind === "ghost") {
    return one.ghost.run === other.ghost.run && ghostSaid(one.ghost) === ghostSaid(other.ghost);
  }
  if (one.kind === "sweep" && other.kind === "sweep") {
    return (
      one.open === other.open && one.sweep === other.sweep && sweepCounts(one.states) === sweepCounts(other.states)
    );
  }
  return one.kind === other.kind && one.key === other.key;
}

function StageBody({ node, dropped }: { node: TreeNode & { kind: "stage" }; dropped: boolean }) {
  const { stage, stale } = node;
  const { word, shape: Shape, colour } = STAGE_MARKS[stage.state];
  const span = mainSpan(stage);
  const results = keyResults(stage, 3);
  return (
    <>
      <div className={classes.line}>
        <span className={classes.name}>{titleOf(stage)}</span>
        <Signs stage={stage} flags={{ stale, dropped }} quiet={!node.current} />
      </div>
      <div className={classes.line}>
        <Text c={colour} component="span" lh={0} style={{ flexShrink: 0 }}>
          <Shape size={15} aria-hidden />
        </Text>
        <span>
          {word}
          {span ? " · " : ""}
          {span ? <Took span={span} /> : null}
          {stage.progress !== undefined && !stage.endTime ? ` · ${Math.round(100 * stage.progress)} %` : ""}
        </span>
      </div>
      <div className={classes.line}>
        {results.length ? (
          <span className={classes.results}>{results.map(([key, value]) => `${key} ${value}`).join("  ")}</span>
        ) : (
          <span className={classes.quiet}>{stage.node ? idOf(stage.node) : (stage.reason?.text ?? "")}</span>
        )}
      </div>
    </>
  );
}

function GhostBody({ node }: { node: TreeNode & { kind: "ghost" } }) {
  const { ghost } = node;
  const gate = ghost.waiting === "gate";
  const lines = [...ghostSaid(ghost).split(": "), ...(ghost.when ? [`if ${ghost.when}`] : [])];
  return (
    <Lines
      shape={gate ? IconHandStop : IconHourglass}
      colour={gate ? "orange" : "dimmed"}
      name={ghost.definition.name}
      lines={lines}
    />
  );
}

function SweepBody({ node }: { node: TreeNode & { kind: "sweep" } }) {
  const { sweep, open, hidden, states } = node;
  const axes = sweep?.axes.map(({ variable, values }) => `${variable} × ${values.length}`).join(", ");
  const points = open ? "Open: each point is drawn" : `${hidden} ${hidden === 1 ? "attempt" : "attempts"}`;
  return (
    <Lines
      shape={IconArrowsSplit}
      name={`Sweep of ${sweep?.start ?? idOf(node.key)}`}
      lines={[axes ?? points, sweepCounts(states) || points]}
    />
  );
}

interface LinesProps {
  shape: typeof IconFolder;
  colour?: string;
  name: string;
  lines: readonly string[];
}

function Lines({ shape: Shape, colour = "dimmed", name, lines }: LinesProps): ReactNode {
  return (
    <>
      <div className={classes.line}>
        <Text c={colour} component="span" lh={0} style={{ flexShrink: 0 }}>
          <Shape size={15} aria-hidden />
        </Text>
        <span className={classes.name}>{name}</span>
      </div>
      {lines.map((line) => (
        <div key={line} className={classes.line} title={line}>
          <span>{line}</span>
        </div>
      ))}
    </>
  );
}
