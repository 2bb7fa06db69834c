// Which projects a person looks for, and in which order.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Project } from "../api/winslow/v1/project_pb.ts";

/** Those in whose name, tags or author each word of `text` is found; the latest activity first. */
export function matching(projects: Iterable<Project>, text: string): Project[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return [...projects]
    .filter((project) => {
      const said = [project.displayName, project.name, project.author, ...project.tags].join("\n").toLowerCase();
      return words.every((word) => said.includes(word));
    })
    .sort((one, other) => activity(other) - activity(one) || (one.name < other.name ? -1 : 1));
}

function activity(project: Project): number {
  return project.activityTime ? timestampMs(project.activityTime) : 0;
}
