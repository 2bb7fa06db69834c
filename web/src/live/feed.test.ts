import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Change, ChangeSchema, ResourceKind } from "../api/winslow/v1/event_pb.ts";
import { EventService, type WatchRequest, WatchResponseSchema } from "../api/winslow/v1/event_service_pb.ts";
import { Feed, SILENCE } from "./feed.ts";

const project = (name: string, revision = 1n): Change =>
  create(ChangeSchema, {
    kind: ResourceKind.PROJECT,
    name,
    revision,
    resource: { case: "project", value: { name, revision } },
  });
const stage = (name: string, revision: bigint): Change =>
  create(ChangeSchema, {
    kind: ResourceKind.STAGE,
    name,
    revision,
    resource: { case: "stage", value: { name, revision } },
  });
const said = (revision: bigint, changes: Change[] = [], initial = false) =>
  create(WatchResponseSchema, { revision, changes, initial });

/** A node whose answers are made of what it is asked; `asked` are the revisions that it was asked from. */
function node(answer: (asked: WatchRequest, signal: AbortSignal) => AsyncIterable<ReturnType<typeof said>>) {
  const asked: bigint[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(EventService, {
      watch(request, context) {
        asked.push(request.revision);
        return answer(request, context.signal);
      },
    });
  });
  const feed = new Feed(createClient(EventService, transport));
  const leaving = new AbortController();
  running.push(leaving);
  void feed.run(leaving.signal);
  return { feed, asked, names: () => [...(feed.picture().tables.project?.keys() ?? [])] };
}

const running: AbortController[] = [];
afterEach(() => {
  for (const one of running.splice(0)) one.abort();
  vi.useRealTimers();
});
const forEver = (signal: AbortSignal) => new Promise<void>((done) => signal.addEventListener("abort", () => done()));

describe("the feed", () => {
  test("shows a beginning in pieces, and then what changes", async () => {
    const { feed, names } = node(async function* (_, signal) {
      yield said(0n, [project("projects/a")], true);
      yield said(5n, [project("projects/b")], true);
      yield said(6n, [project("projects/c")]);
      await forEver(signal);
    });
    await vi.waitFor(() => expect(names()).toEqual(["projects/a", "projects/b", "projects/c"]));
    expect(feed.picture()).toMatchObject({ connection: "live", complete: true });
  });

  test("draws the first piece of a beginning at once, and the others a few at a time", async () => {
    const { feed, names } = node(async function* (_, signal) {
      for (let piece = 0; piece < 50; piece++) yield said(0n, [project(`projects/${piece}`)], true);
      yield said(5n, [], true);
      await forEver(signal);
    });
    const drawn: number[] = [];
    feed.subscribe(() => drawn.push(names().length));
    await vi.waitFor(() => expect(feed.picture().complete).toBe(true));
    expect(drawn[0]).toBe(1);
    expect(drawn.at(-1)).toBe(50);
    expect(drawn.length).toBeLessThan(10);
  });

  test("goes on from the last revision after a cut", async () => {
    const { asked, names } = node(async function* (request, signal) {
      if (request.revision === 0n) {
        yield said(7n, [project("projects/a")], true);
        throw new ConnectError("cut", Code.Unavailable);
      }
      yield said(8n, [project("projects/b")]);
      await forEver(signal);
    });
    await vi.waitFor(() => expect(names()).toEqual(["projects/a", "projects/b"]));
    expect(asked).toEqual([0n, 7n]);
  });

  test("says that the node does not answer, and keeps what was seen", async () => {
    const { feed, names } = node(async function* (request) {
      if (request.revision === 0n) yield said(7n, [project("projects/a")], true);
      throw new ConnectError("gone", Code.Unavailable);
    });
    await vi.waitFor(() => expect(feed.picture().connection).toBe("lost"));
    expect(names()).toEqual(["projects/a"]);
  });

  test("begins again where too much was missed, without what has gone meanwhile", async () => {
    let begun = 0;
    const { asked, names } = node(async function* (request, signal) {
      if (request.revision > 0n) throw new ConnectError("compacted", Code.OutOfRange);
      begun++;
      yield said(7n, [project(begun === 1 ? "projects/old" : "projects/new")], true);
      if (begun === 1) throw new ConnectError("cut", Code.Unavailable);
      await forEver(signal);
    });
    await vi.waitFor(() => expect(names()).toEqual(["projects/new"]), 3000);
    expect(asked).toEqual([0n, 7n, 0n]);
  });

  test("takes silence for a cut", async () => {
    vi.useFakeTimers();
    const { asked } = node(async function* (request, signal) {
      if (request.revision === 0n) yield said(7n, [], true);
      await forEver(signal);
    });
    await vi.advanceTimersByTimeAsync(SILENCE + 1000);
    expect(asked).toEqual([0n, 7n]);
  });

  test("tells that a node has lost its etcd", async () => {
    const { feed } = node(async function* (_, signal) {
      yield create(WatchResponseSchema, { revision: 3n, stale: true });
      await forEver(signal);
    });
    await vi.waitFor(() => expect(feed.picture().connection).toBe("stale"));
  });

  test("asks for a project's details beside what it has, and knows when all of them came", async () => {
    const requests: WatchRequest[] = [];
    const { feed } = node(async function* (request, signal) {
      requests.push(request);
      if (request.revision === 0n) yield said(7n, [project("projects/a")], true);
      else {
        yield said(0n, [stage("projects/a/stages/s", 9n)], true);
        yield said(8n, [stage("projects/a/stages/s", 8n)]);
      }
      await forEver(signal);
    });
    await vi.waitFor(() => expect(feed.picture().complete).toBe(true));
    feed.interests.detailsOf("projects/a");
    await vi.waitFor(() => expect([...feed.picture().detailed]).toEqual(["projects/a"]));
    expect(requests.map(({ revision, detailsOf, fresh }) => ({ revision, detailsOf, fresh }))).toEqual([
      { revision: 0n, detailsOf: [], fresh: [] },
      { revision: 7n, detailsOf: ["projects/a"], fresh: ["projects/a"] },
    ]);
    const { project: projects, stage: stages } = feed.picture().tables;
    expect([...(projects?.keys() ?? [])]).toEqual(["projects/a"]);
    expect(stages?.get("projects/a/stages/s")?.revision).toBe(9n); // an older change undoes nothing
  });

  test("gives its connection back while nobody looks, and goes on where it was", async () => {
    let given = 0;
    const { feed, asked } = node(async function* (request, signal) {
      if (request.revision === 0n) yield said(7n, [project("projects/a")], true);
      await forEver(signal);
      given++;
    });
    await vi.waitFor(() => expect(feed.picture().complete).toBe(true));
    feed.sleep();
    await vi.waitFor(() => expect(feed.picture().connection).toBe("asleep"));
    await vi.waitFor(() => expect(given).toBe(1));
    feed.awake();
    await vi.waitFor(() => expect(asked).toEqual([0n, 7n]));
  });
});
