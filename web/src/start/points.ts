// The points of a sweep: counted and indexed as winslow/domain/sweep.py does, never built. The last axis varies fastest.
import type { Axis } from "../api/winslow/v1/sweep_pb.ts";

type Valued = Pick<Axis, "variable" | "values">;

export function countOf(axes: readonly Valued[]): number {
  return axes.reduce((count, { values }) => count * values.length, 1);
}

/** The values of point `index`, from 0, in the order of the axes; undefined where there is no such point. */
export function pointAt(axes: readonly Valued[], index: number): Record<string, string> | undefined {
  if (index < 0 || index >= countOf(axes)) return undefined;
  const chosen: [string, string][] = [];
  let left = index;
  for (const { variable, values } of axes.toReversed()) {
    chosen.push([variable, values[left % values.length] ?? ""]);
    left = Math.floor(left / values.length);
  }
  return Object.fromEntries(chosen.reverse());
}

/** Some of the points for a look at them: all, or the first ones and the last. */
export function someOf(axes: readonly Valued[], most: number): { index: number; values: Record<string, string> }[] {
  const count = countOf(axes);
  const indices = count <= most ? count : most - 1;
  const found = Array.from({ length: indices }, (_, index) => ({ index, values: pointAt(axes, index) ?? {} }));
  const last = pointAt(axes, count - 1);
  return count <= most || !last ? found : [...found, { index: count - 1, values: last }];
}
