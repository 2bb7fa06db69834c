// Where the stages of a pipeline are drawn, and along which points the edges go. Dagre does it; it measures no text.
import { Graph as Dagre, layout } from "@dagrejs/dagre";
import type { Before, Step } from "./outline.ts";

export type Direction = "right" | "down";
export interface Point {
  x: number;
  y: number;
}
export interface PlacedStep extends Point {
  step: Step;
  width: number;
  height: number;
}
export interface PlacedEdge extends Before {
  to: string;
  points: readonly Point[];
  /** The middle of its condition. */
  label: Point;
}
/** Pixels at full size; `x` and `y` of a step are its upper left corner. */
export interface Arranged {
  steps: readonly PlacedStep[];
  edges: readonly PlacedEdge[];
  width: number;
  height: number;
}

export const WIDTH = 190;
const HEIGHT = { plain: 48, more: 22 };
const LETTER = 6.2;
/** Pixels of the longest condition that is drawn; the rest of it is told where one points at it. */
export const LABEL_MOST = 170;
const LABEL_HEIGHT = 20;

/** `marked` are the steps that say more than their definition does. */
export function arrange(
  steps: readonly Step[],
  direction: Direction,
  marked: ReadonlySet<string> = new Set(),
): Arranged {
  const graph = new Dagre();
  graph.setGraph({
    rankdir: direction === "right" ? "LR" : "TB",
    nodesep: direction === "right" ? 22 : 26,
    ranksep: direction === "right" ? 46 : 38,
    edgesep: 14,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const step of steps) graph.setNode(step.name, { width: WIDTH, height: heightOf(step, marked.has(step.name)) });
  for (const step of steps) {
    for (const { stage, when } of step.before) {
      const label = when ? { width: Math.min(LABEL_MOST, when.length * LETTER + 16), height: LABEL_HEIGHT } : {};
      graph.setEdge(stage, step.name, { ...label, labelpos: "c" });
    }
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    steps: steps.map((step) => {
      const { x, y, width, height } = graph.node(step.name) as Required<Point & { width: number; height: number }>;
      return { step, x: x - width / 2, y: y - height / 2, width, height };
    }),
    edges: steps.flatMap((step) =>
      step.before.map((before) => {
        const { points = [], x, y } = graph.edge(before.stage, step.name);
        const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 };
        return { ...before, to: step.name, points, label: { x: x ?? middle.x, y: y ?? middle.y } };
      }),
    ),
    width: Number.isFinite(width) ? width : 0,
    height: Number.isFinite(height) ? height : 0,
  };
}

/** The arrangement that can be drawn larger in a box so wide; one that goes to the right where both can. */
export function fitting(
  steps: readonly Step[],
  box: { width: number; height: number },
  marked?: ReadonlySet<string>,
): Arranged & { direction: Direction } {
  const down = () => ({ ...arrange(steps, "down", marked), direction: "down" as const });
  if (box.width < NARROW) return down();
  const right = { ...arrange(steps, "right", marked), direction: "right" as const };
  if (scaleIn(right, box) > READABLE) return right;
  const other = down();
  return scaleIn(other, box) > scaleIn(right, box) ? other : right;
}

/** How large it is drawn where all of it is to be seen, 1 at most. */
export function scaleIn({ width, height }: { width: number; height: number }, box: { width: number; height: number }) {
  return Math.min(1, (box.width - 2 * MARGIN) / Math.max(width, 1), (box.height - 2 * MARGIN) / Math.max(height, 1));
}

/** A path through the points, round at the bends. */
export function path(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (!first || !last) return "";
  let drawn = `M${first.x},${first.y}`;
  rest.forEach((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    drawn += ` Q${point.x},${point.y} ${end.x},${end.y}`;
  });
  return `${drawn} L${last.x},${last.y}`;
}

/** Pixels about the drawing. */
export const MARGIN = 14;
/** A box that is less wide, a phone's, is drawn in from the top down. */
const NARROW = 620;
/** Below this scale names are hard to read. */
const READABLE = 0.75;

function heightOf(step: Step, marked: boolean): number {
  return HEIGHT.plain + (step.gate || step.needs.length ? HEIGHT.more : 0) + (marked ? HEIGHT.more : 0);
}
