// Where in the form an error of the server belongs, so that it is read where it can be mended.
import type { Problem } from "../rpc/problem.ts";

/** A field of the form: `definition` "" is the whole form. */
export interface Place {
  definition: string;
  field: "variable" | "arguments" | "image" | "resources" | "form";
  /** The variable, or the field of the requirements; "" where it is told to none. */
  name: string;
}

export interface Fault extends Place {
  message: string;
  hint: string;
}

/** `starts` are the definitions whose forms are open, in their order: what names no stage belongs to the first that has it. */
export function faultOf(
  problem: Problem,
  starts: readonly { definition: string; variables: readonly string[] }[],
): Fault {
  const said = { message: problem.message, hint: forPages(problem) };
  return { ...said, ...placeOf(problem, starts) };
}

function placeOf(problem: Problem, starts: readonly { definition: string; variables: readonly string[] }[]): Place {
  const { reason, subject } = problem;
  const first = starts[0]?.definition ?? "";
  const holding = (variable: string) =>
    starts.find(({ variables }) => variables.includes(variable))?.definition ?? first;
  switch (reason) {
    case "OVERRIDE_INVALID":
      return { definition: subject, ...ofPath(problem.metadata.path ?? "") };
    case "VARIABLE_NAME_INVALID":
    case "VARIABLE_RESERVED":
      return { definition: holding(subject), field: "variable", name: subject };
    case "TEXT_INVALID": {
      const variable = /^value of (.+)$/.exec(subject)?.[1];
      return variable
        ? { definition: holding(variable), field: "variable", name: variable }
        : { definition: "", field: "form", name: "comment" };
    }
    case "SWEEP_INVALID":
    case "SWEEP_TOO_LARGE": {
      const variable = /^[^=]*/.exec(subject)?.[0].trim() ?? "";
      return { definition: holding(variable), field: variable ? "variable" : "form", name: variable };
    }
    case "VARIABLES_MISSING": {
      const variable = problem.metadata.variables?.split(",")[0] ?? "";
      return { definition: holding(variable), field: "variable", name: variable };
    }
    default:
      return { definition: "", field: "form", name: "" };
  }
}

/** `environment.NAME`, `arguments[2]`, `resources.gpus.memory`, `image`. */
function ofPath(path: string): Omit<Place, "definition"> {
  const [, head = "", rest = ""] = /^([a-z_]+)[.[]?(.*?)\]?$/.exec(path) ?? [];
  switch (head) {
    case "environment":
      return { field: "variable", name: rest };
    case "arguments":
      return { field: "arguments", name: rest };
    case "image":
      return { field: "image", name: "" };
    case "resources":
      return { field: "resources", name: rest };
    default:
      return { field: "form", name: "" };
  }
}

/** Hints of the server speak of winslowctl where it has no other words; on a page there is a better way on. */
export function forPages({ reason, hint }: Pick<Problem, "reason" | "hint">): string {
  switch (reason) {
    case "REVISION_MISMATCH":
      return "Somebody changed the project meanwhile. What you see is how it is now: look it over and start again";
    case "PROJECT_RUNNING":
      return "It can start once nothing of the project is running: wait for it, or abort it on the project's page";
    case "RUN_ACTIVE":
      return "Another run of the project has begun meanwhile: wait for it, or abort it on the project's page";
    case "WORKSPACE_NOT_SEALED":
      return "Wait until that attempt has ended, or begin from another one";
    case "SOURCE_DROPPED":
      return "Its workspace was given up to save space: begin from another attempt, or from the zeroth workspace";
    case "SWEEP_COUNT_DIFFERS":
      return "The points were counted again: look them over and start again";
    default:
      return /winslowctl/.test(hint) ? "" : hint;
  }
}
