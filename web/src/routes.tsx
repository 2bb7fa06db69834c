// Every address of the pages; whatever a person looks at has one.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { Frame } from "./frame/Frame.tsx";

const root = createRootRoute({ component: Frame });
const start = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/projects" });
  },
});
const projects = createRoute({
  getParentRoute: () => root,
  path: "/projects",
  validateSearch: (search): { text?: string } => (typeof search.text === "string" ? { text: search.text } : {}),
  component: lazyRouteComponent(() => import("./projects/Projects.tsx"), "Projects"),
});
const nodes = createRoute({
  getParentRoute: () => root,
  path: "/nodes",
  component: lazyRouteComponent(() => import("./nodes/Nodes.tsx"), "Nodes"),
});

export const router = createRouter({ routeTree: root.addChildren([start, projects, nodes]), defaultPreload: "intent" });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
