import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { type Project, ProjectSchema, ProjectState } from "../../api/winslow/v1/project_pb.ts";
import { parsed } from "./choices.ts";
import { folded, newsBetween, waitingIn } from "./news.ts";

const gate = (definition: string, parent = "") => ({ run: "projects/p/runs/000001", definition, parent });
const project = (state: ProjectState, gates: ReturnType<typeof gate>[] = [], name = "projects/p"): Project =>
  create(ProjectSchema, { name, displayName: "Street", state, gates, latestRun: `${name}/runs/000001` });
const picture = (...projects: Project[]) => new Map(projects.map((one) => [one.name, one]));
const { AWAITING_INPUT, FAILED, RUNNING, SUCCEEDED } = ProjectState;

describe("what is news", () => {
  test("is nothing of what was so before", () => {
    const before = picture(project(AWAITING_INPUT, [gate("look")]));
    expect(newsBetween(before, picture(project(AWAITING_INPUT, [gate("look")])))).toEqual([]);
    expect(newsBetween(before, before)).toEqual([]);
  });

  test("is a gate that opened, with the address of its page", () => {
    const [news, ...more] = newsBetween(
      picture(project(RUNNING)),
      picture(project(AWAITING_INPUT, [gate("look here")])),
    );
    expect(more).toEqual([]);
    expect(news).toMatchObject({ happening: "waits", path: "/projects/p/runs/000001/gates/look%20here" });
  });

  test("is a gate beside another one, and one that opened over another attempt", () => {
    const before = picture(project(AWAITING_INPUT, [gate("a"), gate("b", "s1")]));
    const after = picture(project(AWAITING_INPUT, [gate("a"), gate("b", "s2"), gate("c")]));
    expect(newsBetween(before, after).map(({ key }) => key)).toEqual([
      "projects/p projects/p/runs/000001 b s2",
      "projects/p projects/p/runs/000001 c ",
    ]);
  });

  test("is that a project failed or is done, once", () => {
    const told = [FAILED, SUCCEEDED].map((state) => newsBetween(picture(project(RUNNING)), picture(project(state))));
    expect(told.map((news) => news.map(({ title }) => title))).toEqual([["Street failed"], ["Street is done"]]);
    expect(newsBetween(picture(project(FAILED)), picture(project(FAILED)))).toEqual([]);
  });

  test("is told together where it is much", () => {
    const names = Array.from({ length: 50 }, (_, number) => `projects/p${number}`);
    const after = picture(
      ...names.map((name, at) => project(at ? FAILED : AWAITING_INPUT, at ? [] : [gate("a")], name)),
    );
    const news = newsBetween(picture(), after);
    expect(news).toHaveLength(50);
    expect(folded(news)).toMatchObject([{ body: "1 waits for you, 49 failed", path: "/projects" }]);
    expect(folded(news.slice(0, 2))).toHaveLength(2);
  });
});

test("projects that wait for a person are counted", () => {
  const running = project(RUNNING, [], "projects/q");
  expect(waitingIn(picture(project(AWAITING_INPUT, [gate("a")]), running))).toBe(1);
});

describe("what was chosen", () => {
  test("is read as it was kept, and nonsense is left out", () => {
    expect(parsed('{"on":true,"of":["done","waits","nonsense"]}')).toEqual({ on: true, of: ["waits", "done"] });
  });

  test.each([null, "", "null", "[]", '{"on":true}', '{"of":1}', "{"])("is nothing where %j was kept", (text) => {
    expect(parsed(text).on).toBe(false);
  });
});
