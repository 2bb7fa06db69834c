// The services of the node that served this page, over gRPC-Web. What they answer is the contract's own messages.
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ClusterService } from "../api/winslow/v1/cluster_service_pb.ts";
import { EventService } from "../api/winslow/v1/event_service_pb.ts";
import { NodeService } from "../api/winslow/v1/node_service_pb.ts";
import { ProjectService } from "../api/winslow/v1/project_service_pb.ts";
import { RunService } from "../api/winslow/v1/run_service_pb.ts";
import { StageService } from "../api/winslow/v1/stage_service_pb.ts";

export interface Services {
  cluster: Client<typeof ClusterService>;
  events: Client<typeof EventService>;
  nodes: Client<typeof NodeService>;
  projects: Client<typeof ProjectService>;
  runs: Client<typeof RunService>;
  stages: Client<typeof StageService>;
}

export function servicesAt(baseUrl: string): Services {
  const transport = createGrpcWebTransport({ baseUrl });
  return {
    cluster: createClient(ClusterService, transport),
    events: createClient(EventService, transport),
    nodes: createClient(NodeService, transport),
    projects: createClient(ProjectService, transport),
    runs: createClient(RunService, transport),
    stages: createClient(StageService, transport),
  };
}
