// A project of files alone: no pipeline was chosen for it yet. The stream leaves pipelines out, and says it by the reason.
import type { Project } from "../api/winslow/v1/project_pb.ts";

export const isUnchosen = ({ reason }: Pick<Project, "reason">): boolean => reason?.code === "PIPELINE_MISSING";
