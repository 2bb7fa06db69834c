// Lines over time or over numbers. The library that draws them comes with the first plot, not with the page.
import { Skeleton } from "@mantine/core";
import { Suspense } from "react";
import { lazyPart } from "../parts/fetching.ts";
import type { PlotProps } from "./series.ts";

export type { PlotProps, Point, Series } from "./series.ts";

const Drawn = lazyPart(() => import("./Drawn.tsx"), "Drawn");

export function Plot(props: PlotProps) {
  return (
    <Suspense fallback={<Skeleton height={props.height ?? 220} aria-label={`${props.title} is loading`} />}>
      <Drawn {...props} />
    </Suspense>
  );
}
