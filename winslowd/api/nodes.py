"""NodeService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty

from winslow.v1 import node_pb2, node_service_pb2_grpc
from winslow.v1 import node_service_pb2 as pb
from winslow.wire import names
from winslow.wire.times import unix_seconds
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases.nodes import Nodes


class NodeService(node_service_pb2_grpc.NodeServiceServicer):
    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes

    async def GetNode(self, request: pb.GetNodeRequest, context: Any) -> node_pb2.Node:
        return self._now(request.name)

    async def ListNodes(self, request: pb.ListNodesRequest, context: Any) -> pb.ListNodesResponse:
        page = self._nodes.list(asker(), decoding.ask(request))
        return pb.ListNodesResponse(
            nodes=[encoding.node(one) for one in page.items], next_page_token=page.next_page_token
        )

    async def CordonNode(self, request: pb.CordonNodeRequest, context: Any) -> node_pb2.Node:
        id_ = names.parse_node(request.name)
        return self._now(await self._nodes.cordon(request_of(request), id_, request.reason, request.expected_revision))

    async def UncordonNode(self, request: pb.UncordonNodeRequest, context: Any) -> node_pb2.Node:
        id_ = names.parse_node(request.name)
        return self._now(await self._nodes.uncordon(request_of(request), id_, request.expected_revision))

    async def DrainNode(self, request: pb.DrainNodeRequest, context: Any) -> node_pb2.Node:
        id_ = names.parse_node(request.name)
        deadline = unix_seconds(request.deadline)
        name = await self._nodes.drain(request_of(request), id_, deadline, request.reason, request.expected_revision)
        return self._now(name)

    async def RemoveNode(self, request: pb.RemoveNodeRequest, context: Any) -> Empty:
        await self._nodes.remove(request_of(request), names.parse_node(request.name))
        return Empty()

    def _now(self, name: str) -> node_pb2.Node:
        return encoding.node(self._nodes.get(asker(), names.parse_node(name)))
