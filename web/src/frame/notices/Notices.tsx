// Tells the user beside the page, once for all its tabs: by the one that goes on unseen. Draws nothing.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { Project } from "../../api/winslow/v1/project_pb.ts";
import { unseen } from "../../live/eyes.ts";
import { useLive, useTable } from "../../live/Live.tsx";
import { setWaiting } from "../../parts/usePageTitle.ts";
import { permission, show } from "./browser.ts";
import { useChoices } from "./choices.ts";
import { folded, newsBetween } from "./news.ts";
import { useWaiting } from "./useWaiting.ts";

export function Notices() {
  const projects = useTable("project");
  const complete = useLive((picture) => picture.complete);
  const { on, of } = useChoices();
  const navigate = useNavigate();
  const before = useRef<ReadonlyMap<string, Project>>(undefined);
  useEffect(() => {
    if (!complete) return;
    const known = before.current ?? projects;
    before.current = projects;
    if (!on || !unseen.listens || permission() !== "granted") return;
    const news = newsBetween(known, projects).filter(({ happening }) => of.includes(happening));
    for (const one of folded(news)) show(one, (to) => void navigate({ to }));
  }, [complete, projects, on, of, navigate]);
  const waiting = useWaiting();
  useEffect(() => {
    setWaiting(waiting);
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (icon) icon.href = waiting ? "/favicon-waits.svg" : "/favicon.svg";
  }, [waiting]);
  return null;
}
