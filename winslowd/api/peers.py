"""PeerService: what nodes say to the one that leads. Whoever does not know the cluster's secret is refused."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from winslow.domain.node import Offer
from winslow.domain.stage import NodeId
from winslow.errors import FailedPrecondition, PermissionDenied
from winslow.v1 import peer_service_pb2 as pb
from winslow.v1 import peer_service_pb2_grpc
from winslow.wire.node import offer_from_proto
from winslowd.api.call import calling_node
from winslowd.peers.credentials import Credentials
from winslowd.peers.passing import Passing
from winslowd.usecases.attendance import Attendance


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What a server needs to be one of several: how nodes know each other, call each other, and where the leader hears them."""

    credentials: Credentials
    attendance: Attendance
    passing: Passing


class PeerService(peer_service_pb2_grpc.PeerServiceServicer):
    def __init__(self, attendance: Attendance) -> None:
        self._attendance = attendance
        self._latest: dict[NodeId, object] = {}

    async def Attend(self, request_iterator: AsyncIterator[pb.AttendRequest], context: Any) -> None:
        """Ends with the node's stream, or with the term; what is left of a node's offers is then forgotten."""
        node = calling_node()
        if not self._attendance.is_open:
            raise _not_leader()
        over = self._attendance.over
        try:
            # What hears is a task of its own, so that a term that ends need not wait for the next offer.
            async with asyncio.TaskGroup() as group:
                hearing = group.create_task(self._hear(node, request_iterator, context), name=f"hearing-{node}")
                ending = group.create_task(over.wait(), name=f"hearing-{node}-until-the-term-ends")
                await asyncio.wait((hearing, ending), return_when=asyncio.FIRST_COMPLETED)
                hearing.cancel()
                ending.cancel()
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        if over.is_set():
            raise _not_leader()

    async def _hear(self, node: NodeId, requests: AsyncIterator[pb.AttendRequest], context: Any) -> None:
        stream = self._latest[node] = object()
        last: Offer | None = None
        try:
            async for request in requests:
                if self._latest.get(node) is not stream:
                    raise _replaced(node)
                last = _own(node, offer_from_proto(request))
                self._attendance.hear(last)
                await context.write(pb.AttendResponse(number=last.number))
        finally:
            # The end of a stream may be noticed long after the node has come again by another one.
            if self._latest.get(node) is stream:
                del self._latest[node]
                if last:
                    self._attendance.leave(node, last.incarnation)


def _own(node: NodeId, offer: Offer) -> Offer:
    if offer.node != node:
        raise PermissionDenied(
            f"{node} may not offer what {offer.node} has", reason="OFFER_OF_ANOTHER", subject=f"nodes/{offer.node}"
        )
    return offer


def _replaced(node: NodeId) -> FailedPrecondition:
    return FailedPrecondition(
        f"{node} makes its offers by another stream now", reason="STREAM_REPLACED", subject=f"nodes/{node}"
    )


def _not_leader() -> FailedPrecondition:
    return FailedPrecondition(
        "This node does not lead", reason="NOT_LEADER", hint="Offers are made to the node that leads"
    )
