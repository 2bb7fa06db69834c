// Where one looks at a picture from: how close, and how far from its middle. Pure.

/** `scale` 1 fits it in; `x` and `y` are pixels by which it was moved. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

export const FITTED: View = { scale: 1, x: 0, y: 0 };
const CLOSEST = 64;
const FURTHEST = 0.25;

/** Closer by a factor, so that what is at (`x`, `y`) from the frame's middle stays there. */
export function zoomed(view: View, by: number, x: number, y: number): View {
  const scale = Math.min(CLOSEST, Math.max(FURTHEST, view.scale * by));
  const factor = scale / view.scale;
  return { scale, x: x - (x - view.x) * factor, y: y - (y - view.y) * factor };
}

export const moved = (view: View, x: number, y: number): View => ({ ...view, x: view.x + x, y: view.y + y });
