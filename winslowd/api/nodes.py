"""NodeService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from google.protobuf.empty_pb2 import Empty

from winslow.v1 import node_pb2, node_service_pb2_grpc
from winslow.v1 import node_service_pb2 as pb
from winslow.wire import names
from winslow.wire.reading import reading_to_proto
from winslow.wire.times import unix_seconds
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases.nodes import Nodes
from winslowd.usecases.readings import Readings


class NodeService(node_service_pb2_grpc.NodeServiceServicer):
    def __init__(self, nodes: Nodes, readings: Readings) -> None:
        self._nodes = nodes
        self._readings = readings

    async def GetNode(self, request: pb.GetNodeRequest, context: Any) -> node_pb2.Node:
        return self._now(request.name)

    async def ListNodes(self, request: pb.ListNodesRequest, context: Any) -> pb.ListNodesResponse:
        page = self._nodes.list(asker(), decoding.ask(request))
        return pb.ListNodesResponse(
            nodes=[encoding.node(one) for one in page.items], next_page_token=page.next_page_token
        )

    async def CordonNode(self, request: pb.CordonNodeRequest, context: Any) -> node_pb2.Node:
        id_ = names.parse_node(request.name)
        return self._now(await self._nodes.cordon(request_of(request), id_, request.reason, decoding.seen(request)))

    async def UncordonNode(self, request: pb.UncordonNodeRequest, context: Any) -> node_pb2.Node:
        id_ = names.parse_node(request.name)
        return self._now(await self._nodes.uncordon(request_of(request), id_, decoding.seen(request)))

    async def DrainNode(self, request: pb.DrainNodeRequest, context: Any) -> node_pb2.Node:
        id_ = names.parse_node(request.name)
        within = request.within.ToTimedelta().total_seconds() if request.HasField("within") else None
        deadline = unix_seconds(request.deadline) if within is None else self._nodes.clock() + within
        name = await self._nodes.drain(request_of(request), id_, deadline, request.reason, decoding.seen(request))
        return self._now(name)

    async def LimitNode(self, request: pb.LimitNodeRequest, context: Any) -> node_pb2.Node:
        id_ = names.parse_node(request.name)
        stages, expected = request.max_stages, decoding.seen(request)
        return self._now(await self._nodes.limit(request_of(request), id_, stages, expected))

    async def RemoveNode(self, request: pb.RemoveNodeRequest, context: Any) -> Empty:
        await self._nodes.remove(request_of(request), names.parse_node(request.name), give_up=request.give_up)
        return Empty()

    async def ListReadings(self, request: pb.ListReadingsRequest, context: Any) -> pb.ListReadingsResponse:
        page = await self._readings.of_node(
            asker(),
            names.parse_node(request.name),
            decoding.time(request, "start_time"),
            decoding.time(request, "end_time"),
            request.max_points,
            decoding.ask(request),
        )
        return pb.ListReadingsResponse(
            readings=[reading_to_proto(one) for one in page.items], next_page_token=page.next_page_token
        )

    async def WatchReadings(
        self, request: pb.WatchReadingsRequest, context: Any
    ) -> AsyncGenerator[pb.WatchReadingsResponse, None]:
        """Of this node and its stages; what is measured on others comes from them."""
        nodes = [names.parse_node(name) for name in request.names if decoding.is_node(name)]
        stages = [decoding.stage_name(name) for name in request.names if not decoding.is_node(name)]
        async with aclosing(self._readings.watch(asker(), nodes, stages)) as live:
            async for readings in live:
                yield pb.WatchReadingsResponse(readings=[reading_to_proto(one) for one in readings])

    def _now(self, name: str) -> node_pb2.Node:
        return encoding.node(self._nodes.get(asker(), names.parse_node(name)))
