// Whether the places of uploads are free, looked at for many at once; and where else they go when not.
import { FileKind } from "../../api/winslow/v1/file_pb.ts";
import { size as said } from "../../parts/words.ts";
import type { Services } from "../../rpc/services.ts";
import { above, another, baseName, joined } from "../paths.ts";
import { outcomeTrouble } from "./trouble.ts";

const AT_ONCE = 512;

export type Place = "free" | "file" | "folder" | { fault: string };

/** What is at each of `paths`, in their order. */
export async function looked(files: Services["files"], paths: readonly string[]): Promise<Place[]> {
  const places: Place[] = [];
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const { outcomes } = await files.statFiles({ paths: paths.slice(at, at + AT_ONCE) });
    for (const { file, error } of outcomes) {
      if (file) places.push(file.kind === FileKind.DIRECTORY ? "folder" : "file");
      else places.push(faulty(error));
    }
  }
  return places;
}

function faulty(error: Uint8Array): Place {
  const { reason, why } = outcomeTrouble(error);
  return reason === "FILE_NOT_FOUND" ? "free" : { fault: why };
}

/** Free places for files whose own are taken, beside them: "clip (2).mp4". None is used twice. */
export async function beside(
  files: Services["files"],
  paths: readonly string[],
  used: ReadonlySet<string>,
): Promise<string[]> {
  const found = new Map<number, string>();
  const taken = new Set(used);
  let left = paths.map((path, index) => ({ path, index, tried: path }));
  while (left.length) {
    const tries = left.map(({ path, index }) => {
      const folder = above(path);
      const tried = joined(
        folder,
        another(baseName(path), (name) => taken.has(joined(folder, name))),
      );
      taken.add(tried);
      return { path, index, tried };
    });
    const places = await looked(
      files,
      tries.map(({ tried }) => tried),
    );
    for (const [at, { index, tried }] of tries.entries()) if (places[at] === "free") found.set(index, tried);
    left = tries.filter(({ index }) => !found.has(index));
  }
  return paths.map((path, index) => found.get(index) ?? path);
}

/** Why there is no room for so many bytes more in a project; "" when there is, or nobody says how much there may be. */
export async function roomFault(services: Services, project: string, bytes: number): Promise<string> {
  const { quota } = await services.projects.getProject({ name: `projects/${project}` });
  if (!quota) return "";
  const { size } = await services.files.getFileUsage({ path: `projects/${project}` });
  const left = Math.max(0, Number(quota - size));
  if (bytes <= left) return "";

  return `The project's quota leaves ${said(left)}, and this needs ${said(bytes)}. Delete something, or have the quota raised`;
}
