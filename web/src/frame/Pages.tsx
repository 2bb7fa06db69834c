// The page that is asked for. The list of projects stays as it is behind the others: people go to and fro between it and a project
// all day, and find it at once, scrolled and selected as they left it. While it is not seen it is not drawn anew. Whoever began
// with another page finds it as quickly: it is made there as soon as the page has nothing else to do.
import { CatchBoundary, Outlet, useMatch } from "@tanstack/react-router";
import { Activity, Suspense, startTransition, useEffect, useLayoutEffect, useState } from "react";
import { useLive } from "../live/Live.tsx";
import { lazyPage } from "../parts/fetching.ts";
import { lookedAt } from "../parts/useLater.ts";
import { whenIdle } from "../parts/whenIdle.ts";
import type { Asked } from "../projects/criteria.ts";
import { Broken } from "./Broken.tsx";

const Projects = lazyPage(() => import("../projects/Projects.tsx"), "Projects");

/** What the list's address draws: nothing, since the list is drawn here. It is fetched by whoever fetches that. */
export const Kept = Object.assign(() => null, { preload: () => Projects.preload?.() });

export function Pages() {
  // Not before it is fetched: something shown in its place would be shown for a third of a second, however short that takes.
  const here = useMatch({
    from: "/projects",
    shouldThrow: false,
    select: ({ search, status }) => (status === "success" ? search : undefined),
  });
  const some = useLive(({ tables }) => Boolean(tables.project?.size)); // else it is no list, but a welcome
  const ready = useReady(some);
  const [asked, ask] = useState<Asked | undefined>(here);
  if (here && here !== asked) ask(here);
  else if (ready && !asked) ask({});
  const seen = here !== undefined;
  useLayoutEffect(() => {
    if (seen) window.scrollTo(0, 0); // where the page before was scrolled to
  }, [seen]);
  return (
    <>
      <Outlet />
      {asked && (seen || some) ? (
        <Activity mode={seen ? "visible" : "hidden"}>
          <CatchBoundary getResetKey={() => String(seen)} errorComponent={Broken}>
            <Suspense>
              <Projects asked={asked} />
            </Suspense>
          </CatchBoundary>
        </Activity>
      ) : null}
    </>
  );
}

/** Whether the list can be drawn at no cost to the page that is seen: all there is has come, and so has what draws it. */
function useReady(some: boolean): boolean {
  const complete = useLive((picture) => picture.complete);
  const [fetched, setFetched] = useState(false);
  useEffect(() => {
    if (!complete || fetched) return;
    return whenIdle(() => {
      lookedAt();
      if (!some) return;
      // Whoever asks for the list is told if it cannot be had.
      Projects.preload?.()?.then(
        () => startTransition(() => setFetched(true)),
        () => {},
      );
    });
  }, [complete, some, fetched]);
  return fetched;
}
