"""Nodes and the cluster they make, over the wire."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from google.protobuf.empty_pb2 import Empty

from winslow.client import naming
from winslow.client.calls import Calls
from winslow.client.patience import Patience
from winslow.errors import WinslowError
from winslow.v1 import cluster_service_pb2
from winslow.v1 import node_service_pb2 as pb
from winslow.v1.cluster_pb2 import Cluster
from winslow.v1.node_pb2 import Node, Reading

Readings: TypeAlias = Generator[Sequence[Reading], None, None]
"""Closing it ends the call."""


class Nodes:
    """What NodeService offers, and the cluster as the node that answers sees it."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def cluster(self) -> Cluster:
        return self._calls.unary("ClusterService/GetCluster", cluster_service_pb2.GetClusterRequest(), Cluster)

    def get(self, node: str) -> Node:
        return self._calls.unary("NodeService/GetNode", pb.GetNodeRequest(name=naming.node(node)), Node)

    def list(self, filter: str = "") -> Iterator[Node]:
        """All nodes, by name."""
        request = pb.ListNodesRequest(filter=filter)
        return self._calls.pages("NodeService/ListNodes", request, pb.ListNodesResponse, "nodes")

    def cordon(self, node: str, *, reason: str = "", request_id: str = "") -> Node:
        """It gets no more stages; those it has go on."""
        request = pb.CordonNodeRequest(request_id=request_id, name=naming.node(node), reason=reason)
        return self._calls.unary("NodeService/CordonNode", request, Node)

    def uncordon(self, node: str, *, request_id: str = "") -> Node:
        """It gets stages again; also ends a drain."""
        request = pb.UncordonNodeRequest(request_id=request_id, name=naming.node(node))
        return self._calls.unary("NodeService/UncordonNode", request, Node)

    def drain(self, node: str, until: datetime | timedelta, *, reason: str = "", request_id: str = "") -> Node:
        """Cordon it, and after so long, or at a time (with its zone), abort what still runs, to be tried elsewhere."""
        request = pb.DrainNodeRequest(request_id=request_id, name=naming.node(node), reason=reason)
        if isinstance(until, timedelta):
            request.within.FromTimedelta(until)
        else:
            request.deadline.FromDatetime(until)
        return self._calls.unary("NodeService/DrainNode", request, Node)

    def readings(
        self, node: str, start: datetime | None = None, end: datetime | None = None, max_points: int = 0
    ) -> Iterator[Reading]:
        """What was measured between two times (with their zones), by the minute, in order; kept for 31 days.

        Without them all there is; more than `max_points` become so many means.
        """
        request = pb.ListReadingsRequest(name=naming.node(node), max_points=max_points)
        if start is not None:
            request.start_time.FromDatetime(start)
        if end is not None:
            request.end_time.FromDatetime(end)
        return self._calls.pages("NodeService/ListReadings", request, pb.ListReadingsResponse, "readings")

    def watch_readings(self, names: Iterable[str] = (), timeout: float | None = None) -> Readings:
        """What is measured now, each second, of nodes and stages (`projects/P/stages/S`); of all nodes where none is named.

        A cut connection is made again. Raises DeadlineExceeded after `timeout` seconds.
        """
        request = pb.WatchReadingsRequest(names=[_subject(name) for name in names])
        patience = Patience(self._calls.cut_patience)
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                for response in self._calls.stream(
                    "NodeService/WatchReadings", request, pb.WatchReadingsResponse, deadline=left
                ):
                    patience.renew()
                    yield response.readings
            except WinslowError as error:
                patience.pause(error)
            else:
                return

    def limit(self, node: str, max_stages: int, *, request_id: str = "") -> Node:
        """It gets at most so many stages at a time, 0 for as many as fit; those it has go on."""
        request = pb.LimitNodeRequest(request_id=request_id, name=naming.node(node), max_stages=max_stages)
        return self._calls.unary("NodeService/LimitNode", request, Node)

    def remove(self, node: str, *, give_up: bool = False, request_id: str = "") -> None:
        """Forget a node that is no longer there; with `give_up` also one whose stages are waited for, which are LOST then."""
        request = pb.RemoveNodeRequest(request_id=request_id, name=naming.node(node), give_up=give_up)
        self._calls.unary("NodeService/RemoveNode", request, Empty)


def _subject(name: str) -> str:
    return naming.stage(name) if name.startswith("projects/") else naming.node(name)
