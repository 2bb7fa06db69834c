// The services of the node that served this page, over gRPC-Web. What they answer is the contract's own messages.
import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { EventService } from "../api/winslow/v1/event_service_pb.ts";
import { lazily } from "./lazily.ts";

export function servicesAt(baseUrl: string) {
  const transport = createGrpcWebTransport({ baseUrl });
  return {
    // Every page begins with it; all others are asked by what somebody does or looks at.
    events: createClient(EventService, transport),
    cluster: lazily(async () => (await import("../api/winslow/v1/cluster_service_pb.ts")).ClusterService, transport),
    elections: lazily(
      async () => (await import("../api/winslow/v1/election_service_pb.ts")).ElectionService,
      transport,
    ),
    files: lazily(async () => (await import("../api/winslow/v1/file_service_pb.ts")).FileService, transport, [
      "readFile",
      "readFiles",
      "archiveFiles",
    ]),
    identity: lazily(async () => (await import("../api/winslow/v1/identity_service_pb.ts")).IdentityService, transport),
    logs: lazily(async () => (await import("../api/winslow/v1/log_service_pb.ts")).LogService, transport, [
      "followLog",
    ]),
    nodes: lazily(async () => (await import("../api/winslow/v1/node_service_pb.ts")).NodeService, transport, [
      "watchReadings",
    ]),
    pipelines: lazily(
      async () => (await import("../api/winslow/v1/pipeline_service_pb.ts")).PipelineService,
      transport,
    ),
    projects: lazily(async () => (await import("../api/winslow/v1/project_service_pb.ts")).ProjectService, transport),
    runs: lazily(async () => (await import("../api/winslow/v1/run_service_pb.ts")).RunService, transport),
    settings: lazily(async () => (await import("../api/winslow/v1/settings_service_pb.ts")).SettingsService, transport),
    stages: lazily(async () => (await import("../api/winslow/v1/stage_service_pb.ts")).StageService, transport),
    statistics: lazily(
      async () => (await import("../api/winslow/v1/statistics_service_pb.ts")).StatisticsService,
      transport,
    ),
    subscriptions: lazily(
      async () => (await import("../api/winslow/v1/subscription_service_pb.ts")).SubscriptionService,
      transport,
    ),
    views: lazily(async () => (await import("../api/winslow/v1/view_service_pb.ts")).ViewService, transport),
  };
}

export type Services = Readonly<ReturnType<typeof servicesAt>>;
