// Variables that hold paths: how a container calls what lies in the pools, and where that is to be picked from.
import { inContainer } from "../files/paths.ts";
import { stageName } from "../parts/names.ts";

/** A pool as a stage sees it. */
export interface Pool {
  /** In the container: "/input". */
  mount: string;
  /** The contract's path of the same. */
  root: string;
  word: string;
}

/** What a stage of the project will see; its workspace is made from that of `parent`, a stage's id, "" for the zeroth. */
export function poolsOf(project: string, parent: string): Pool[] {
  return [
    { mount: "/input", root: `projects/${project}/input`, word: "Input" },
    {
      mount: "/workspace",
      root: parent ? `${stageName(project, parent)}/workspace` : `projects/${project}/workspace`,
      word: "Workspace",
    },
    { mount: "/resources", root: "resources", word: "Resources" },
    { mount: "/output", root: `projects/${project}/output`, word: "Output" },
  ];
}

const MOUNTED = /^\/(input|workspace|resources|output|parents)(\/|$)/;
const NAMED = /(^|_)(PATH|FILE|DIR|DIRECTORY|FOLDER|VIDEO|IMAGE|CLIP|MODEL|WEIGHTS|CONFIG|INPUT|SOURCE|CSV|MASK)(_|$)/i;

/** Whether a file may be meant: by what the variable holds, or by its name. */
export function looksLikePath(name: string, value: string): boolean {
  return MOUNTED.test(value) || (NAMED.test(name) && !/^[-+.0-9]+$/.test(value));
}

/** The contract's path of what a container calls `value`; undefined where no pool has it. */
export function storedPath(value: string, pools: readonly Pool[]): string | undefined {
  const pool = pools.find(({ mount }) => value === mount || value.startsWith(`${mount}/`));
  return pool && pool.root + value.slice(pool.mount.length).replace(/\/+$/, "");
}

/** What a container calls a path that was picked in `pool`. */
export function mountedPath(path: string, pool: Pool): string {
  if (path === pool.root) return pool.mount;
  if (path.startsWith(`${pool.root}/`)) return pool.mount + path.slice(pool.root.length);
  return inContainer(path) ?? path;
}
