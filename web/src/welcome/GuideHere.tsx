// The guide, where somebody is being led; what it is drawn with is fetched only then.
import { useSyncExternalStore } from "react";
import { lazyPart } from "../parts/fetching.ts";
import { guided, subscribe } from "./remembered.ts";

const Guide = lazyPart(() => import("./Guide.tsx"), "Guide");

export function GuideHere() {
  const project = useSyncExternalStore(subscribe, guided);
  return project ? <Guide project={project} /> : null;
}
