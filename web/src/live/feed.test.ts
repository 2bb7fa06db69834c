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
  const feed = new Feed(createClient(EventService, transport), { kinds: [], detailsOf: [] });
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
});
