"""ClusterService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from winslow.v1 import cluster_pb2, cluster_service_pb2_grpc
from winslow.v1 import cluster_service_pb2 as pb
from winslow.wire import names
from winslowd.api.call import asker
from winslowd.usecases.cluster import Cluster, ClusterShown

ETCD_DOWN = "No connection: what is shown may be old and nothing can be changed. Look at etcd's members and the network"


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
            parts=_parts(shown),
            storage_size=shown.storage.size,
            storage_free=shown.storage.free,
        )


def _parts(shown: ClusterShown) -> list[cluster_pb2.Part]:
    return [
        _part("etcd", "" if shown.connected else ETCD_DOWN),
        _part("storage", shown.storage.fault),
    ]


def _part(name: str, fault: str) -> cluster_pb2.Part:
    health = cluster_pb2.HEALTH_DOWN if fault else cluster_pb2.HEALTH_OK
    return cluster_pb2.Part(name=name, health=health, text=fault)
