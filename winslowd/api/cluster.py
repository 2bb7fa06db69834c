"""ClusterService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winslow.v1 import cluster_pb2, cluster_service_pb2_grpc
from winslow.v1 import cluster_service_pb2 as pb
from winslow.wire import names
from winslowd.api.call import asker
from winslowd.usecases.cluster import Cluster
from winslowd.usecases.parts import Health

HEALTH: Mapping[Health, cluster_pb2.Health] = {
    Health.OK: cluster_pb2.HEALTH_OK,
    Health.DEGRADED: cluster_pb2.HEALTH_DEGRADED,
    Health.DOWN: cluster_pb2.HEALTH_DOWN,
}


class ClusterService(cluster_service_pb2_grpc.ClusterServiceServicer):
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def GetCluster(self, request: pb.GetClusterRequest, context: Any) -> cluster_pb2.Cluster:
        shown = await self._cluster.get(asker())
        return cluster_pb2.Cluster(
            id=shown.here.cluster,
            answered_by=names.node(shown.here.node),
            version=shown.here.version,
            leader=names.node(shown.leader) if shown.leader else "",
            revision=shown.revision,
            stale=not shown.connected,
            parts=[
                cluster_pb2.Part(name=part.name, health=HEALTH[part.health], text=part.text) for part in shown.parts
            ],
            storage_size=shown.storage.size,
            storage_free=shown.storage.free,
            http_addresses=shown.here.http,
        )
