// Which projects a person looks for, and which comes before which. What is read out of a project is kept as long as the project is
// the same object, so that a change of one among ten thousand costs one.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Project, ProjectState } from "../api/winslow/v1/project_pb.ts";
import { idOf } from "../parts/names.ts";
import type { Criteria, Order } from "./criteria.ts";

/** The pipeline it was made from; "" where it has one of its own. */
export const pipelineOf = (project: Project): string => (project.source ? idOf(project.source) : "");

const said = new WeakMap<Project, string>();

/** All that words are looked for in, in small letters. */
function saidOf(project: Project): string {
  let text = said.get(project);
  if (text === undefined) {
    const parts = [project.displayName, idOf(project.name), project.author, pipelineOf(project), ...project.tags];
    text = [...parts, ...project.participants, project.description].join("\n").toLowerCase();
    said.set(project, text);
  }
  return text;
}

/** Whether it is what is looked for, its state apart. */
export function matches(project: Project, { words, tag, pipeline, author }: Criteria): boolean {
  if (tag && !project.tags.includes(tag)) return false;
  if (author && project.author !== author) return false;
  if (pipeline && pipelineOf(project) !== pipeline) return false;
  if (words.length === 0) return true;
  const text = saidOf(project);
  return words.every((word) => text.includes(word));
}

/** Where something is to be done comes first. */
const URGENCY: Record<ProjectState, number> = {
  [ProjectState.AWAITING_INPUT]: 0,
  [ProjectState.FAILED]: 1,
  [ProjectState.RUNNING]: 2,
  [ProjectState.PAUSED]: 3,
  [ProjectState.IDLE]: 4,
  [ProjectState.SUCCEEDED]: 5,
  [ProjectState.UNSPECIFIED]: 6,
};

/** Names with numbers in them come as people count: "Street 9" before "Street 10". */
const counted = (name: string) => name.toLowerCase().replace(/\d+/g, (number) => number.padStart(12, "0"));

const WEIGHTS: Record<Order, (project: Project) => number | string> = {
  change: (project) => (project.activityTime ? timestampMs(project.activityTime) : 0),
  name: (project) => counted(project.displayName),
  state: (project) => URGENCY[project.state],
  progress: (project) => project.progress ?? -1,
  end: (project) => (project.estimatedEndTime ? timestampMs(project.estimatedEndTime) : Number.POSITIVE_INFINITY),
  pipeline: (project) => pipelineOf(project).toLowerCase() || "\uffff",
  author: (project) => project.author.toLowerCase(),
};

const weighed = new Map<Order, WeakMap<Project, number | string>>();

function weightOf(project: Project, order: Order): number | string {
  let known = weighed.get(order);
  if (!known) {
    known = new WeakMap();
    weighed.set(order, known);
  }
  let weight = known.get(project);
  if (weight === undefined) {
    weight = WEIGHTS[order](project);
    known.set(project, weight);
  }
  return weight;
}

/** Which comes first; among equals always the same one. */
export function comparing({ order, down }: Criteria): (one: Project, other: Project) => number {
  const sign = down ? -1 : 1;
  return (one, other) => {
    const left = weightOf(one, order);
    const right = weightOf(other, order);
    if (left !== right) return left < right ? -sign : sign;
    return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
  };
}
