import { expect, test } from "vitest";
import { proposed } from "./completing.ts";
import { keyAt, placeAt } from "./place.ts";
import { described, isA, PIPELINE, resolved, schemaAt } from "./schema.ts";

const KNOWN = { images: ["winslow/traffic:1"], tags: ["ssd"] };
/** What is proposed where `|` stands. */
function at(text: string) {
  const offset = text.indexOf("¦");
  return proposed(text.replace("¦", ""), offset, KNOWN);
}
const labels = (text: string) => at(text)?.proposals.map((one) => one.label) ?? [];

test("an empty file is offered the pipeline's own keys, those that are needed told as such", () => {
  expect(labels("¦")).toEqual(["name", "description", "environment", "stages"]);
  expect(
    at("¦")
      ?.proposals.filter((one) => one.detail === "needed")
      .map((one) => one.label),
  ).toEqual(["name", "stages"]);
});

test("keys that are there already, above or below, are not offered again", () => {
  const text = "name: a\nstages:\n  - name: one\n    ¦\n    image: busybox\n  - name: two\n    timeout: 3s\n";
  expect(labels(text)).not.toContain("name");
  expect(labels(text)).not.toContain("image");
  expect(labels(text)).toContain("timeout");
});

test.each([
  ["  - name: one\n    resources:\n      ¦", "cpus"],
  ["  - name: one\n    retry:\n      attempts: 2\n      ba¦", "backoff-max"],
  ["- name: one\n  resources:\n    gpus:\n      ¦", "vendor"],
  ["  - name: one\n    retry: {attempts: 2, ¦", "factor"],
  ["  - ¦", "image"],
  ["  - name: one\n    after:\n      - stage: a\n        ¦", "when"],
  ["  - name: one\n    log-parsers:\n    - ¦", "pattern"],
])("in %j the key %s is offered", (text, key) => {
  expect(labels(`name: p\nstages:\n${text}`)).toContain(key);
});

test.each([
  ["    network: ¦", ["none", "bridge", "host"]],
  ["    workspace: la¦", ["copy", "empty", "continue", "layered"]],
  ["    discardable: ¦", ["true", "false"]],
  [
    "    retry:\n      on: [any, ¦",
    ["any", "exit-code", "out-of-memory", "timeout", "image", "disk-full", "engine", "node-lost"],
  ],
  [
    "    retry:\n      on:\n        - ¦",
    ["any", "exit-code", "out-of-memory", "timeout", "image", "disk-full", "engine", "node-lost"],
  ],
  ["    lost-after: ¦", ["5m"]],
  ["    image: ¦", ["winslow/traffic:1"]],
  ["    resources:\n      tags: [¦", ["ssd"]],
])("in %j these values are offered", (text, values) => {
  expect(labels(`name: p\nstages:\n  - name: one\n${text}`)).toEqual(values);
});

test("what comes before is chosen among the stages of the file", () => {
  const text = "name: p\nstages:\n  - name: one\n    image: a\n  - name: two\n    image: b\n    after: [¦]\n";
  expect(labels(text)).toEqual(["one", "two"]);
  expect(labels(text.replace("[¦]", "\n      - ¦"))).toEqual(expect.arrayContaining(["one", "two", "stage"]));
  expect(labels(text.replace("[¦]", "\n      - stage: ¦"))).toEqual(["one", "two"]);
});

test("a condition is offered results of log parsers and variables, from the name that is begun", () => {
  const text = [
    "environment:",
    "  MODE: full",
    "stages:",
    "  - name: one",
    "    log-parsers:",
    "      - name: mae",
    "        pattern: 'mae=(?P<mae>[0-9.]+)'",
    "  - name: two",
    "    after:",
    "      - stage: one",
    "        when: results.mae > 1 and en¦",
  ].join("\n");
  const found = at(text);
  expect(found?.proposals.map((one) => one.label)).toEqual(["results.mae", "env.MODE"]);
  expect(found?.from).toBe(text.indexOf("en¦"));
});

test.each([
  ["# a comment ¦", "a comment"],
  ["description: |\n  text of ¦", "a text of several lines"],
  ['description: "qu¦', "a quoted text"],
  ["description: |\n  text\n  ¦", "an empty line of a text"],
])("nothing is offered in %j, which is %s", (text) => {
  expect(at(text)).toBeUndefined();
});

test("after a text of several lines keys are offered again", () => {
  expect(labels("description: |\n  stages:\n    - name: no\n¦")).toEqual(["name", "environment", "stages"]);
});

test("a key that has keys of its own begins a line for them", () => {
  const apply = (label: string) => at("stages:\n  - ¦")?.proposals.find((one) => one.label === label)?.apply;
  expect(apply("resources")).toBe("resources:\n      $");
  expect(apply("arguments")).toBe("arguments:\n      - $");
  expect(apply("image")).toBe("image: ");
});

test("the key beneath the pointer is known with its path", () => {
  const text = "stages:\n- name: a\n  retry:\n    backoff: 3s\n";
  expect(keyAt(text, text.indexOf("backoff") + 2)?.path).toEqual(["stages", 0, "retry", "backoff"]);
  expect(keyAt(text, text.indexOf("3s"))).toBeUndefined();
});

test("a place far down a large file is found at once", () => {
  const stage = "  - name: s\n    image: busybox\n    arguments: [a, b]\n";
  const text = `stages:\n${stage.repeat(500)}    `;
  const began = performance.now();
  expect(placeAt(text, text.length)?.path).toEqual(["stages", 0]);
  expect(performance.now() - began).toBeLessThan(100);
});

test("every part of the schema can be reached and says what it is for", () => {
  let seen = 0;
  const walk = (path: readonly (string | number)[], depth: number) => {
    const schema = schemaAt(path);
    if (!schema) throw new Error(`nothing at ${path.join(".")}`);
    seen++;
    if (depth === 0) return;
    for (const key of Object.keys(schema.properties ?? {})) walk([...path, key], depth - 1);
    if (isA(schema, "array")) walk([...path, 0], depth - 1);
  };
  walk([], 8);
  expect(seen).toBeGreaterThan(40);
  expect(described(resolved(PIPELINE.$defs?.stage?.properties?.["lost-after"] ?? {}))).toContain("Default: 5m");
});
