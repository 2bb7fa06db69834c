// Where nothing exists yet: the welcome, fetched only then.
import { Suspense } from "react";
import { lazyPart } from "../parts/fetching.ts";

const Welcome = lazyPart(() => import("./Welcome.tsx"), "Welcome");

export const Newcomer = () => (
  <Suspense>
    <Welcome />
  </Suspense>
);
