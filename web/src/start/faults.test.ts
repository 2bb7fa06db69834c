import { expect, test } from "vitest";
import type { Problem } from "../rpc/problem.ts";
import { faultOf } from "./faults.ts";

const starts = [
  { definition: "detect", variables: ["SENSITIVITY"] },
  { definition: "track", variables: ["PATIENCE"] },
];
const problem = (reason: string, subject: string, metadata: Record<string, string> = {}, hint = ""): Problem => ({
  message: "It cannot be done",
  hint,
  reason,
  subject,
  metadata,
  retryable: false,
});

test("an override that makes no sense is told at its field", () => {
  const at = (path: string) => faultOf(problem("OVERRIDE_INVALID", "track", { path }), starts);
  expect(at("resources.gpus.count")).toMatchObject({ definition: "track", field: "resources", name: "gpus.count" });
  expect(at("arguments[2]")).toMatchObject({ field: "arguments", name: "2" });
  expect(at("environment.PATIENCE")).toMatchObject({ field: "variable", name: "PATIENCE" });
  expect(at("image")).toMatchObject({ field: "image" });
  expect(at("something.else")).toMatchObject({ field: "form" });
});

test("a variable's fault is told at the stage whose form has it", () => {
  expect(faultOf(problem("VARIABLE_RESERVED", "PATIENCE"), starts)).toMatchObject({
    definition: "track",
    name: "PATIENCE",
  });
  expect(faultOf(problem("TEXT_INVALID", "value of SENSITIVITY"), starts)).toMatchObject({
    definition: "detect",
    field: "variable",
  });
  expect(faultOf(problem("SWEEP_INVALID", "SENSITIVITY=1..x"), starts)).toMatchObject({
    definition: "detect",
    field: "variable",
    name: "SENSITIVITY",
  });
  expect(faultOf(problem("VARIABLES_MISSING", "projects/p/runs/1", { variables: "PATIENCE,X" }), starts)).toMatchObject(
    {
      definition: "track",
      name: "PATIENCE",
    },
  );
});

test("what was changed elsewhere is told with what to do next", () => {
  const { field, hint } = faultOf(problem("REVISION_MISMATCH", "projects/p"), starts);
  expect(field).toBe("form");
  expect(hint).toMatch(/look it over and start again/);
});

test("nobody on a page is told to type a command", () => {
  expect(
    faultOf(problem("PROJECT_RUNNING", "projects/p", {}, "Stop it with: winslowctl run abort p"), starts).hint,
  ).not.toMatch(/winslowctl/);
  expect(faultOf(problem("OTHER", "x", {}, "See it with: winslowctl status"), starts).hint).toBe("");
  expect(faultOf(problem("OTHER", "x", {}, "Shorten it"), starts).hint).toBe("Shorten it");
});
