// Every address of the pages; whatever a person looks at has one, and what they filter by is part of it.
import {
  type AnyRoute,
  createRootRoute,
  createRoute,
  createRouter,
  redirect,
  stringifySearchWith,
} from "@tanstack/react-router";
import { Broken } from "./frame/Broken.tsx";
import { Frame } from "./frame/Frame.tsx";
import { Nowhere } from "./frame/Nowhere.tsx";
import { Kept } from "./frame/Pages.tsx";
import { lazyPage } from "./parts/fetching.ts";
import { isList } from "./projects/address.ts";
import * as search from "./searches.ts";

const root = createRootRoute({ component: Frame, notFoundComponent: Nowhere, errorComponent: Broken });
const parent = <Parent extends AnyRoute>(route: Parent) => ({ getParentRoute: () => route });

const start = createRoute({
  ...parent(root),
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/projects" });
  },
});
const projects = createRoute({
  ...parent(root),
  path: "/projects",
  validateSearch: search.projects,
  component: Kept,
});
const newProject = createRoute({
  ...parent(root),
  path: "/projects/new",
  validateSearch: search.newProject,
  component: lazyPage(() => import("./projects/NewProject.tsx"), "NewProject"),
});
const project = createRoute({
  ...parent(root),
  path: "/projects/$project",
  validateSearch: search.project,
  component: lazyPage(() => import("./project/Project.tsx"), "Project"),
});
const stage = createRoute({
  ...parent(root),
  path: "/projects/$project/stages/$stage",
  validateSearch: search.stage,
  component: lazyPage(() => import("./stage/Stage.tsx"), "Stage"),
});
const startRun = createRoute({
  ...parent(root),
  path: "/projects/$project/start",
  validateSearch: search.startRun,
  component: lazyPage(() => import("./start/StartRun.tsx"), "StartRun"),
});
const gate = createRoute({
  ...parent(root),
  path: "/projects/$project/runs/$run/gates/$definition",
  validateSearch: search.gate,
  component: lazyPage(() => import("./gate/Gate.tsx"), "Gate"),
});
const sweep = createRoute({
  ...parent(root),
  path: "/projects/$project/sweeps/$sweep",
  validateSearch: search.sweep,
  component: lazyPage(() => import("./start/Sweep.tsx"), "Sweep"),
});
const compare = createRoute({
  ...parent(root),
  path: "/projects/$project/compare",
  validateSearch: search.compare,
  component: lazyPage(() => import("./compare/Compare.tsx"), "Compare"),
});
const projectPipeline = createRoute({
  ...parent(root),
  path: "/projects/$project/pipeline",
  validateSearch: search.projectPipeline,
  component: lazyPage(() => import("./pipelines/ProjectPipeline.tsx"), "ProjectPipeline"),
});
const files = createRoute({
  ...parent(root),
  path: "/browse/$",
  validateSearch: search.files,
  component: lazyPage(() => import("./files/Files.tsx"), "Files"),
});
const uploads = createRoute({
  ...parent(root),
  path: "/transfers",
  component: lazyPage(() => import("./files/Transfers.tsx"), "Transfers"),
});
const pipelines = createRoute({
  ...parent(root),
  path: "/pipelines",
  validateSearch: search.pipelines,
  component: lazyPage(() => import("./pipelines/Pipelines.tsx"), "Pipelines"),
});
const newPipeline = createRoute({
  ...parent(root),
  path: "/pipelines/new",
  component: lazyPage(() => import("./pipelines/NewPipeline.tsx"), "NewPipeline"),
});
const pipeline = createRoute({
  ...parent(root),
  path: "/pipelines/$pipeline",
  validateSearch: search.pipeline,
  component: lazyPage(() => import("./pipelines/Pipeline.tsx"), "Pipeline"),
});
const nodes = createRoute({
  ...parent(root),
  path: "/nodes",
  validateSearch: search.nodes,
  component: lazyPage(() => import("./nodes/Nodes.tsx"), "Nodes"),
});
const node = createRoute({
  ...parent(root),
  path: "/nodes/$node",
  validateSearch: search.node,
  component: lazyPage(() => import("./nodes/Node.tsx"), "Node"),
});
const queue = createRoute({
  ...parent(root),
  path: "/queue",
  validateSearch: search.queue,
  component: lazyPage(() => import("./nodes/Queue.tsx"), "Queue"),
});
const statistics = createRoute({
  ...parent(root),
  path: "/statistics",
  validateSearch: search.statistics,
  component: lazyPage(() => import("./statistics/Statistics.tsx"), "Statistics"),
});
const settings = createRoute({
  ...parent(root),
  path: "/settings",
  validateSearch: search.settings,
  component: lazyPage(() => import("./settings/Settings.tsx"), "Settings"),
});
const welcome = createRoute({
  ...parent(root),
  path: "/welcome",
  validateSearch: search.welcome,
  component: lazyPage(() => import("./welcome/Welcome.tsx"), "Welcome"),
});

const routeTree = root.addChildren([
  start,
  projects,
  newProject,
  project,
  stage,
  startRun,
  gate,
  sweep,
  compare,
  projectPipeline,
  files,
  uploads,
  pipelines,
  newPipeline,
  pipeline,
  nodes,
  node,
  queue,
  statistics,
  settings,
  welcome,
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  // The list is kept as it was left, and begins at its top when something else is asked for: it knows where it is scrolled to.
  scrollRestoration: ({ location }) => !isList(location.pathname),
  defaultErrorComponent: Broken,
  // All that addresses say are texts: none of them needs quotes to be told from a number.
  stringifySearch: stringifySearchWith(String),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
