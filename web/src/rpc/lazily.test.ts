import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { expect, test, vi } from "vitest";
import { LogService } from "../api/winslow/v1/log_service_pb.ts";
import { lazily } from "./lazily.ts";
import { servicesAt } from "./services.ts";

const transport = createRouterTransport(({ service }) => {
  service(LogService, {
    readLog: ({ name }) => {
      if (name === "missing") throw new ConnectError("it is not there", Code.NotFound);
      return { offset: 7n };
    },
    async *followLog() {
      yield { offset: 1n };
      yield { offset: 2n };
    },
  });
});

test("a service is described by the first call of it, once, and answers as if it always had been", async () => {
  const load = vi.fn(async () => LogService);
  const logs = lazily(load, transport, ["followLog"]);
  expect(load).not.toHaveBeenCalled();
  expect((await logs.readLog({ name: "a" })).offset).toBe(7n);
  const offsets: bigint[] = [];
  for await (const chunk of logs.followLog({ name: "a" })) offsets.push(chunk.offset);
  expect(offsets).toEqual([1n, 2n]);
  await expect(logs.readLog({ name: "missing" })).rejects.toMatchObject({ code: Code.NotFound });
  expect(load).toHaveBeenCalledTimes(1);
});

test("a description that did not come is fetched by the next call", async () => {
  const load = vi.fn(async () => LogService).mockRejectedValueOnce(new TypeError("Failed to fetch"));
  const logs = lazily(load, transport, ["followLog"]);
  await expect(logs.readLog({ name: "a" })).rejects.toThrow("Failed to fetch");
  expect((await logs.readLog({ name: "a" })).offset).toBe(7n);
});

test("every method that answers with a stream is known as one", async () => {
  const described = import.meta.glob<Record<string, unknown>>("../api/winslow/v1/*_service_pb.ts", { eager: true });
  const services = servicesAt("http://127.0.0.1:1") as unknown as Record<string, Record<string, () => unknown>>;
  const kinds = Object.values(described).flatMap((module) =>
    Object.values(module).flatMap((one) => {
      const service = one as { kind?: string; name: string; methods: { localName: string; methodKind: string }[] };
      return service?.kind === "service" ? [service] : [];
    }),
  );
  const nouns: Record<string, string> = {
    ClusterService: "cluster",
    ElectionService: "elections",
    FileService: "files",
    IdentityService: "identity",
    LogService: "logs",
    NodeService: "nodes",
    PipelineService: "pipelines",
    ProjectService: "projects",
    RunService: "runs",
    SettingsService: "settings",
    StageService: "stages",
    StatisticsService: "statistics",
    SubscriptionService: "subscriptions",
    ViewService: "views",
  };
  for (const { name, methods } of kinds) {
    const client = services[nouns[name] ?? ""];
    for (const { localName, methodKind } of client ? methods : []) {
      const isStream = client?.[localName]?.constructor.name === "AsyncGeneratorFunction";
      if (methodKind === "unary") expect(isStream, `${name}.${localName}`).toBe(false);
      if (methodKind === "server_streaming") expect(isStream, `${name}.${localName}`).toBe(true);
    }
  }
});
