// The editor and the difference of two files, loaded when they are first shown.
import { Skeleton } from "@mantine/core";
import { Suspense } from "react";
import { lazyPart } from "../../parts/fetching.ts";
import type { CodeProps } from "./Code.tsx";
import type { DifferenceProps } from "./Difference.tsx";

const LazyCode = lazyPart(() => import("./Code.tsx"), "Code");
const LazyDifference = lazyPart(() => import("./Difference.tsx"), "Difference");

export const Code = (props: CodeProps) => (
  <Suspense fallback={<Skeleton height="100%" mih={200} />}>
    <LazyCode {...props} />
  </Suspense>
);

export const Difference = (props: DifferenceProps) => (
  <Suspense fallback={<Skeleton height={240} />}>
    <LazyDifference {...props} />
  </Suspense>
);
