import { expect, test } from "vitest";
import { looksLikePath, mountedPath, poolsOf, storedPath } from "./pools.ts";

const pools = poolsOf("p", "prep-1-1-x");

test("what a container calls a file is found where it lies, and back", () => {
  for (const [within, path] of [
    ["/input/clips/a.mp4", "projects/p/input/clips/a.mp4"],
    ["/workspace/model.pt", "projects/p/stages/prep-1-1-x/workspace/model.pt"],
    ["/resources/weights", "resources/weights"],
    ["/output", "projects/p/output"],
  ] as const) {
    expect(storedPath(within, pools)).toBe(path);
    const pool = pools.find(({ root }) => path.startsWith(root));
    expect(pool && mountedPath(path, pool)).toBe(within);
  }
  expect(storedPath("/etc/passwd", pools)).toBeUndefined();
  expect(storedPath("/inputs/a", pools)).toBeUndefined();
});

test("without an attempt before it the workspace is the zeroth one", () => {
  expect(storedPath("/workspace/a", poolsOf("p", ""))).toBe("projects/p/workspace/a");
});

test("variables that hold paths are known by what they hold, or by their names", () => {
  expect(looksLikePath("X", "/input/a.mp4")).toBe(true);
  expect(looksLikePath("VIDEO", "")).toBe(true);
  expect(looksLikePath("CONFIG_FILE", "a.yaml")).toBe(true);
  expect(looksLikePath("SENSITIVITY", "50")).toBe(false);
  expect(looksLikePath("MODEL", "3")).toBe(false);
  expect(looksLikePath("PROFILE", "fast")).toBe(false);
});
