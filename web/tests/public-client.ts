// A public gRPC-Web client, unchanged, against a gateway: `node public-client.ts URL` says what it saw, one JSON object a line.
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ClusterService } from "../src/api/winslow/v1/cluster_service_pb.ts";
import { ResourceKind } from "../src/api/winslow/v1/event_pb.ts";
import { EventService } from "../src/api/winslow/v1/event_service_pb.ts";
import { ProjectService } from "../src/api/winslow/v1/project_service_pb.ts";

const baseUrl = process.argv[2] ?? "";
const tell = (what: string, seen: unknown) => console.log(JSON.stringify({ what, seen }));

async function failing(call: () => Promise<unknown>): Promise<ConnectError> {
  try {
    await call();
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("it did not fail");
}

const transport = createGrpcWebTransport({ baseUrl });
const cluster = createClient(ClusterService, transport);
tell("unary", (await cluster.getCluster({})).id);

const projects = createClient(ProjectService, transport);
const unknown = await failing(() => projects.getProject({ name: "projects/nobody" }));
tell("error", [Code[unknown.code], unknown.rawMessage, unknown.metadata.has("grpc-status-details-bin")]);

const events = createClient(EventService, transport);
const late = await failing(async () => {
  for await (const _ of events.watch({}, { timeoutMs: 300 })) {
    // Only the deadline ends it.
  }
});
tell("deadline", Code[late.code]);

const leaving = new AbortController();
const seen: string[] = [];
const left = await failing(async () => {
  for await (const answer of events.watch({ kinds: [ResourceKind.PROJECT] }, { signal: leaving.signal })) {
    seen.push(...answer.changes.map((change) => change.name));
    if (answer.revision > 0n && seen.length > 0) leaving.abort();
  }
});
tell("stream", [seen.length, Code[left.code]]);
