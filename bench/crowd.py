"""Simulated nodes for benchmarks of the control plane: sessions, registrations and offers are real, containers are not.

    python -m bench.crowd ENDPOINTS CLUSTER LEADER_NODE LEADER_ADDRESS FIRST COUNT CPUS

Each node has a lease of its own, a registration under it, a connection of its own to the leader, and the daemon's own
bidder; it carries the tag `crowd`. Prints `ready` once every node's offer was heard, and runs until its input ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from dataclasses import replace

import structlog

from winslow.domain.election import idle_offer
from winslow.domain.node import Node, Offer
from winslow.domain.records import node_ref
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId
from winslow.domain.view import View
from winslow.ports import Attending, Peers, Store
from winslow.wire import records
from winslowd.engines.bidder import Bidder
from winslowd.etcd import kv
from winslowd.etcd.client import Client
from winslowd.etcd.keys import Keys
from winslowd.etcd.secret import cluster_secret
from winslowd.etcd.session import Sessions
from winslowd.peers.attending import GrpcPeers
from winslowd.peers.channels import PeerChannels
from winslowd.peers.credentials import Credentials
from winslowd.usecases.attendance import Attendance

TAG = "crowd"


class Sight:
    """All that a simulated node sees: who leads. Its store in the bidder's eyes."""

    def __init__(self, leader: Node) -> None:
        self.view = _Led(leader)
        self.connected = True

    async def changed(self, since: int) -> int:
        await asyncio.Event().wait()
        return since


class _Led(View):
    def __init__(self, leader: Node) -> None:
        super().__init__()
        self.leader = leader.id
        self._node = leader

    def node(self, node: str) -> Node | None:
        return self._node if node == self._node.id else None


class Counting:
    """Peers that tell when an offer was heard first."""

    def __init__(self, peers: Peers, heard: asyncio.Event) -> None:
        self._peers = peers
        self._heard = heard

    @contextlib.asynccontextmanager
    async def attend(self, address: str):  # type: ignore[no-untyped-def]
        async with self._peers.attend(address) as place:
            yield _Place(place, self._heard)


class _Place:
    def __init__(self, place: Attending, heard: asyncio.Event) -> None:
        self._place = place
        self._heard = heard

    @property
    def ended(self) -> bool:
        return self._place.ended

    async def offer(self, offer: Offer) -> None:
        await self._place.offer(offer)
        self._heard.set()


async def simulate(client: Client, cluster: str, secret: str, node: Node, sight: Sight, heard: asyncio.Event) -> None:
    """One node, for ever."""
    store: Store = sight  # type: ignore[assignment]
    async with (
        Sessions.open(client.channels, 15, keepalive=5) as sessions,
        PeerChannels.open() as channels,
    ):
        session = await sessions.current()
        key = Keys(cluster).record(node_ref(node.id))
        await client.kv.txn([], [kv.put(key, records.encode(node), session.lease)])
        peers = Counting(GrpcPeers(channels, Credentials(secret, node.id)), heard)
        bidder = Bidder(node.id, store, peers, Attendance(), lambda number: replace(idle_offer(node), number=number))
        await bidder.run()


async def crowd(endpoints: str, cluster: str, leader: Node, first: int, count: int, cpus: float) -> None:
    async with Client.open(endpoints.split(","), warn_of_old=False) as client, asyncio.TaskGroup() as group:
        secret, sight = await cluster_secret(client, cluster), Sight(leader)
        heard = [asyncio.Event() for _ in range(count)]
        nodes = [
            group.create_task(
                simulate(client, cluster, secret, _node(first + index, cpus), sight, heard[index]), name=f"node {index}"
            )
            for index in range(count)
        ]
        for event in heard:
            await event.wait()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for node in nodes:
            node.cancel()


def _node(number: int, cpus: float) -> Node:
    id_ = NodeId(f"crowd-{number:04d}")
    return Node(
        id_, "127.0.0.1:9", Capacity(cpus, 64 << 30), frozenset({TAG}), incarnation=f"i{number}", registered_at=1.0
    )


if __name__ == "__main__":
    ends, name, leads, address, begin, many, cores = sys.argv[1:]
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            crowd(ends, name, Node(NodeId(leads), address, Capacity(0, 0)), int(begin), int(many), float(cores))
        )
