// The drawing of a pipeline. Loaded when one is looked at: what draws graphs is large.
import "@xyflow/react/dist/style.css";
import { Box, useComputedColorScheme, VisuallyHidden } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import {
  BaseEdge,
  Controls,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import { useEffect, useMemo } from "react";
import type { GraphMark } from "../Graph.tsx";
import { fitting, LABEL_MOST, MARGIN, type PlacedEdge, path, scaleIn } from "./arrange.ts";
import classes from "./graph.module.css";
import { place, type Step } from "./outline.ts";

interface Props {
  steps: readonly Step[];
  marks?: ReadonlyMap<string, GraphMark> | undefined;
  onPick?: ((definition: string) => void) | undefined;
  selected?: string | undefined;
  /** Pixels of the box; it is at most so high. */
  width: number;
  most: number;
}

type StepNode = Node<
  { step: Step; mark: GraphMark | undefined; pick: (() => void) | undefined; picked: boolean; down: boolean },
  "step"
>;
type StepEdge = Edge<{ placed: PlacedEdge }, "step">;

const NODES = { step: StepCard };
const EDGES = { step: StepPath };
/** Below this scale nothing can be read: then not all is in sight, and one moves about. */
const LEAST = 0.35;
/** Pixels of a box that fingers move about in. */
const PHONE = 620;

export function Drawing(props: Props) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ steps, marks, onPick, selected, width, most }: Props) {
  const scheme = useComputedColorScheme("light");
  const { setViewport } = useReactFlow();
  const marked = useMemo(() => [...(marks?.keys() ?? [])].join("\n"), [marks]);
  const drawn = useMemo(
    () => fitting(steps, { width, height: most }, new Set(marked.split("\n"))),
    [steps, width, most, marked],
  );
  const whole = scaleIn(drawn, { width, height: most });
  const scale = Math.max(whole, LEAST);
  const height = Math.min(most, Math.ceil(drawn.height * scale + 2 * MARGIN));
  const fits = whole >= LEAST;
  const viewport = useMemo(
    () => ({ zoom: scale, x: fits ? (width - drawn.width * scale) / 2 : MARGIN, y: MARGIN }),
    [scale, fits, width, drawn],
  );
  useEffect(() => void setViewport(viewport), [setViewport, viewport]);
  const nodes = useMemo(
    () =>
      drawn.steps.map(({ step, x, y, width, height }): StepNode => {
        return {
          id: step.name,
          type: "step",
          position: { x, y },
          width,
          height,
          data: {
            step,
            mark: marks?.get(step.name),
            pick: onPick ? () => onPick(step.name) : undefined,
            picked: selected === step.name,
            down: drawn.direction === "down",
          },
        };
      }),
    [drawn, marks, onPick, selected],
  );
  const edges = useMemo(
    () =>
      drawn.edges.map((placed): StepEdge => {
        return {
          id: JSON.stringify([placed.stage, placed.to]),
          type: "step",
          source: placed.stage,
          target: placed.to,
          data: { placed },
          markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
        };
      }),
    [drawn],
  );
  return (
    <Box
      className={classes.box}
      style={{ height }}
      role="group"
      aria-label={`The pipeline drawn, ${count(steps.length)}`}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODES}
        edgeTypes={EDGES}
        colorMode={scheme}
        defaultViewport={viewport}
        minZoom={Math.min(0.1, LEAST)}
        maxZoom={1.5}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        // Where all of it is in sight on a phone, a finger moves the page.
        panOnDrag={!fits || (scale < 0.9 && width > PHONE)}
        onlyRenderVisibleElements={steps.length > 100}
      >
        {scale < 0.9 ? <Controls showInteractive={false} orientation="horizontal" /> : null}
      </ReactFlow>
    </Box>
  );
}

function StepCard({ data: { step, mark, pick, picked, down } }: NodeProps<StepNode>) {
  const inside = <Inside step={step} mark={mark} />;
  return (
    <>
      <Handle type="target" position={down ? Position.Top : Position.Left} className={classes.handle ?? ""} />
      {pick ? (
        <button
          type="button"
          className={`${classes.step} nopan nodrag`}
          data-gate={step.gate ? true : undefined}
          aria-pressed={picked}
          onClick={pick}
        >
          {inside}
        </button>
      ) : (
        <div className={classes.step} data-gate={step.gate ? true : undefined} title={step.description}>
          {inside}
        </div>
      )}
      <Handle type="source" position={down ? Position.Bottom : Position.Right} className={classes.handle ?? ""} />
    </>
  );
}

function Inside({ step, mark }: { step: Step; mark: GraphMark | undefined }) {
  const Shape = mark?.mark.shape;
  return (
    <>
      <strong className={classes.line}>{step.name}</strong>
      <span className={classes.small} title={step.image}>
        {step.image}
      </span>
      {step.gate || step.needs.length ? (
        <span className={classes.icons}>
          {step.gate ? <IconHandStop size={14} aria-label="Waits for a person:" style={{ flex: "none" }} /> : null}
          <span className={classes.line} title={[step.gate, ...step.needs].filter(Boolean).join(" · ")}>
            {[step.asked, ...step.needs].filter(Boolean).join(" · ")}
          </span>
        </span>
      ) : null}
      <VisuallyHidden>{place(step)}</VisuallyHidden>
      {mark && Shape ? (
        <span className={classes.icons}>
          <Shape size={14} aria-hidden color={shade(mark.mark.colour)} style={{ flex: "none" }} />
          <span className={classes.line}>{[mark.mark.word, mark.note].filter(Boolean).join(" · ")}</span>
        </span>
      ) : null}
    </>
  );
}

function StepPath({ data, markerEnd }: EdgeProps<StepEdge>) {
  if (!data) return null;
  const { points, label, when, passes } = data.placed;
  return (
    <>
      <BaseEdge
        path={path(points)}
        {...(markerEnd ? { markerEnd } : {})}
        style={passes ? { strokeWidth: 1.6 } : { strokeWidth: 1.2, strokeDasharray: "5 4" }}
      />
      {when ? (
        <EdgeLabelRenderer>
          <div
            className={classes.when}
            title={when}
            style={{ maxWidth: LABEL_MOST, transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)` }}
          >
            {when}
          </div>
        </EdgeLabelRenderer>
      ) : null}
    </>
  );
}

const count = (stages: number) => (stages === 1 ? "1 stage" : `${stages} stages`);
const shade = (colour: string) =>
  colour === "dimmed" ? "var(--mantine-color-dimmed)" : `var(--mantine-color-${colour}-text)`;
