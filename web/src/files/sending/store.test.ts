// @vitest-environment happy-dom
import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test, vi } from "vitest";
import { ErrorInfoSchema } from "../../api/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../api/google/rpc/status_pb.ts";
import { FileKind } from "../../api/winslow/v1/file_pb.ts";
import type { Services } from "../../rpc/services.ts";
import type { Heard, Large } from "./large.ts";
import { UploadStore } from "./store.ts";

const fault = (reason: string, message: string, retryable = false) => {
  const info = create(ErrorInfoSchema, { reason, metadata: { retryable: String(retryable) } });
  return toBinary(StatusSchema, create(StatusSchema, { message, details: [anyPack(ErrorInfoSchema, info)] }));
};

/** A node's files in memory. */
class Node {
  readonly files = new Map<string, string>();
  readonly folders = new Set<string>();
  readonly calls: string[] = [];
  /** Calls of PutFiles that fail before one works. */
  cuts = 0;
  quota = 0n;

  readonly services = {
    projects: { getProject: async () => ({ quota: this.quota }) },
    files: {
      getFileUsage: async () => ({ size: 0n }),
      statFiles: async ({ paths }: { paths: string[] }) => ({ outcomes: paths.map((path) => this.#stat(path)) }),
      makeDirectory: async ({ path }: { path: string }) => void this.folders.add(path),
      cancelUpload: async ({ name }: { name: string }) => void this.calls.push(`cancel ${name}`),
      putFiles: async (asked: { files: { path: string; data: Uint8Array }[]; replace: boolean }) => {
        this.calls.push(`put ${asked.files.length}`);
        if (this.cuts-- > 0) throw new ConnectError("cut", Code.Unavailable);
        return { outcomes: asked.files.map((file) => this.#put(file.path, file.data, asked.replace)) };
      },
    },
  } as unknown as Services;

  #stat(path: string) {
    if (this.folders.has(path)) return { file: { kind: FileKind.DIRECTORY }, error: new Uint8Array() };
    if (this.files.has(path)) return { file: { kind: FileKind.FILE }, error: new Uint8Array() };
    return { error: fault("FILE_NOT_FOUND", "nothing there") };
  }

  #put(path: string, data: Uint8Array, replace: boolean) {
    if (this.files.has(path) && !replace) return { error: fault("FILE_EXISTS", "it is there") };
    this.files.set(path, new TextDecoder().decode(data));
    return { file: {}, error: new Uint8Array() };
  }
}

const wish = (path: string, content = path) => ({
  file: new File([content], path.slice(path.lastIndexOf("/") + 1)),
  path,
});
const large = (path: string) => {
  const { file } = wish(path);
  Object.defineProperty(file, "size", { value: 2 ** 31 });
  return { file, path };
};
const states = (store: UploadStore) =>
  Object.fromEntries(store.snapshot().uploads.map(({ path, state }) => [path, state]));

test("a folder's small files go in few calls, and empty folders are made", async () => {
  const node = new Node();
  const store = new UploadStore(() => node.services);
  const landed: string[] = [];
  store.onLanded((paths) => landed.push(...paths));
  store.add(
    Array.from({ length: 1200 }, (_, index) => wish(`resources/d/${index}`)),
    { folders: ["resources/d/none"] },
  );
  await vi.waitFor(() => expect(store.snapshot().totals.ended).toBe(1200), 5000);
  expect(node.files.get("resources/d/7")).toBe("resources/d/7");
  expect(node.folders).toEqual(new Set(["resources/d/none"]));
  expect(node.calls).toHaveLength(3);
  expect(landed).toHaveLength(1201);
  expect(store.snapshot().busy).toBe(false);
});

test("a cut is gone over by itself", async () => {
  const node = new Node();
  node.cuts = 1;
  const store = new UploadStore(() => node.services);
  store.add([wish("resources/a")]);
  await vi.waitFor(() => expect(states(store)).toEqual({ "resources/a": "resting" }));
  expect(store.snapshot().uploads[0]?.why).toContain("does not answer");
  await vi.waitFor(() => expect(states(store)).toEqual({ "resources/a": "done" }), 5000);
});

test.each([
  ["replace", { "resources/a": "new", "resources/b": "b" }],
  ["skip", { "resources/a": "old", "resources/b": "b" }],
  ["keep both", { "resources/a": "old", "resources/a (2)": "new", "resources/b": "b" }],
] as const)("a file that is there is asked about, and the answer %s is kept to", async (answer, files) => {
  const node = new Node();
  node.files.set("resources/a", "old");
  const store = new UploadStore(() => node.services);
  store.add([wish("resources/a", "new"), wish("resources/b", "b")]);
  await vi.waitFor(() => expect(states(store)).toEqual({ "resources/a": "asks", "resources/b": "done" }));
  expect(store.snapshot().asked).toHaveLength(1);
  store.answer(answer);
  await vi.waitFor(() => expect(store.snapshot().totals.ended).toBe(2));
  expect(Object.fromEntries(node.files)).toEqual(files);
});

test("a folder in the place of a file, and a quota without room, are said before anything is sent", async () => {
  const node = new Node();
  node.folders.add("projects/p/input/a");
  node.quota = 100n;
  const store = new UploadStore(() => node.services);
  store.add([wish("projects/p/input/a", "x"), wish("projects/q/input/b", "y".repeat(101))]);
  await vi.waitFor(() => expect(store.snapshot().totals.failed).toBe(2));
  expect(store.snapshot().uploads.map(({ why }) => why)).toEqual([
    expect.stringContaining("A folder of that name"),
    expect.stringContaining("quota leaves 100 B"),
  ]);
  expect(node.calls).toEqual([]);
});

/** Sends as far as it is told. */
class Slow {
  static all: Slow[] = [];
  asked: Large[] = [];
  heard: Heard | undefined;
  ended = false;
  finish = (_error?: unknown) => {};

  constructor() {
    Slow.all.push(this);
  }

  send(asked: Large, heard: Heard, signal: AbortSignal): Promise<void> {
    this.asked.push(asked);
    this.heard = heard;
    heard.url("/uploads/u1");
    return new Promise((done, failed) => {
      this.finish = (error) => (error ? failed(error) : done());
      signal.addEventListener("abort", () => failed(signal.reason));
    });
  }

  end(): void {
    this.ended = true;
  }
}

function slowly() {
  Slow.all = [];
  const node = new Node();
  return {
    node,
    store: new UploadStore(
      () => node.services,
      () => new Slow(),
    ),
  };
}

test("three large files go at a time: the page and the person need connections, too", async () => {
  const { store } = slowly();
  store.add(Array.from({ length: 5 }, (_, index) => large(`resources/${index}`)));
  await vi.waitFor(() => expect(Slow.all).toHaveLength(3));
  Slow.all[0]?.finish();
  await vi.waitFor(() => expect(Slow.all).toHaveLength(4));
});

test("what was paused goes on where it was, under the same request", async () => {
  const { store } = slowly();
  store.add([large("resources/a")]);
  await vi.waitFor(() => expect(states(store)).toEqual({ "resources/a": "sending" }));
  const [sending] = Slow.all;
  sending?.heard?.sent(1000);
  const id = store.snapshot().uploads[0]?.id ?? "";
  store.pause(id);
  await vi.waitFor(() => expect(states(store)).toEqual({ "resources/a": "paused" }));
  store.resume(id);
  await vi.waitFor(() => expect(sending?.asked).toHaveLength(2));
  expect(sending?.asked[1]?.url).toBe("/uploads/u1");
  expect(sending?.asked[1]?.requestId).toBe(sending?.asked[0]?.requestId);
  expect(sending?.ended).toBe(false);
});

test("what was cancelled is forgotten by the node, too, and by nobody else", async () => {
  const { node, store } = slowly();
  store.add([large("resources/a"), large("resources/b")]);
  await vi.waitFor(() => expect(Slow.all).toHaveLength(2));
  await vi.waitFor(() => expect(store.snapshot().uploads).toHaveLength(2));
  store.cancel(store.snapshot().uploads[0]?.id ?? "");
  await vi.waitFor(() => expect(states(store)).toEqual({ "resources/a": "cancelled", "resources/b": "sending" }));
  expect(node.calls).toEqual(["cancel uploads/u1"]);
  store.clear();
  await vi.waitFor(() => expect(states(store)).toEqual({ "resources/b": "sending" }));
});

test("bytes that were there before a cut are no speed", async () => {
  const { store } = slowly();
  store.add([large("resources/a")]);
  await vi.waitFor(() => expect(Slow.all).toHaveLength(1));
  Slow.all[0]?.heard?.sent(2 ** 30);
  await vi.waitFor(() => expect(store.snapshot().totals.sent).toBe(2 ** 30));
  expect(store.snapshot().totals.speed).toBe(0);
});
