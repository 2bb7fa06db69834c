"""PeerService and the calls of other nodes to it, over real gRPC on loopback; the leader's side is a bare Attendance."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import grpc
import psutil
import pytest

from tests.cable import Cable, cable
from winslow.domain.node import Offer
from winslow.domain.principal import Principal
from winslow.domain.stage import NodeId
from winslow.errors import FailedPrecondition, PermissionDenied, Unauthenticated, Unavailable
from winslow.v1 import peer_service_pb2_grpc
from winslow.wire.status import from_rpc_error
from winslowd.api.interceptor import Guard
from winslowd.api.peers import PeerService
from winslowd.peers.attending import GrpcPeers
from winslowd.peers.channels import PeerChannels
from winslowd.peers.credentials import Credentials
from winslowd.usecases.attendance import Attendance

SECRET = "what only nodes know"
A = NodeId("a")
OFFER = Offer(A, "first", 1, 2.0, 1 << 30)


class Leader:
    """A node that hears offers at `address`."""

    def __init__(self, attendance: Attendance, address: str) -> None:
        self.attendance = attendance
        self.address = address

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await self.attendance.moved()


@pytest.fixture
async def leader() -> AsyncIterator[Leader]:
    attendance = Attendance()
    guard = Guard(lambda metadata: Principal("ann", admin=True), Credentials(SECRET, NodeId("leader")))
    server = grpc.aio.server(interceptors=(guard,))
    peer_service_pb2_grpc.add_PeerServiceServicer_to_server(PeerService(attendance), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    attendance.open()
    try:
        yield Leader(attendance, f"127.0.0.1:{port}")
    finally:
        await server.stop(None)


def peers(channels: PeerChannels, secret: str = SECRET, node: NodeId = A) -> GrpcPeers:
    return GrpcPeers(channels, Credentials(secret, node))


@pytest.fixture
async def channels() -> AsyncIterator[PeerChannels]:
    made = PeerChannels()
    yield made
    await made.tidy(frozenset())


class TestAttending:
    async def test_an_offer_that_was_answered_stands(self, leader: Leader, channels: PeerChannels) -> None:
        async with peers(channels).attend(leader.address) as place:
            await place.offer(OFFER)
            assert leader.attendance.offers == {A: OFFER}
            await place.offer(replace(OFFER, number=2, obstacles=("no engine",)))
            assert leader.attendance.offers[A].obstacles == ("no engine",)
            assert not place.ended
        await leader.until(lambda: not leader.attendance.offers)

    async def test_a_node_that_does_not_lead_says_so(self, leader: Leader, channels: PeerChannels) -> None:
        leader.attendance.close()
        async with peers(channels).attend(leader.address) as place:
            with pytest.raises(FailedPrecondition) as caught:
                await place.offer(OFFER)
        assert caught.value.reason == "NOT_LEADER"
        assert not leader.attendance.offers

    async def test_a_refusal_is_heard_however_it_meets_the_offer(self, leader: Leader, channels: PeerChannels) -> None:
        """gRPC forgets what ended a stream when it then cannot send, which is a matter of moments: so, many times."""
        leader.attendance.close()
        reasons = []
        for turn in range(200):
            async with peers(channels).attend(leader.address) as place:
                await asyncio.sleep(turn * 1e-5)  # meets the refusal at another moment each time
                with pytest.raises(FailedPrecondition) as caught:
                    await place.offer(OFFER)
                reasons.append(caught.value.reason)
        assert set(reasons) == {"NOT_LEADER"}

    async def test_the_end_of_the_term_ends_the_stream_without_waiting_for_an_offer(
        self, leader: Leader, channels: PeerChannels
    ) -> None:
        async with peers(channels).attend(leader.address) as place:
            await place.offer(OFFER)
            leader.attendance.close()
            async with asyncio.timeout(10):
                while not place.ended:
                    await asyncio.sleep(0.01)
            leader.attendance.open()
            with pytest.raises(FailedPrecondition) as caught:
                await place.offer(replace(OFFER, number=2))
            assert caught.value.reason == "NOT_LEADER"
            assert not leader.attendance.offers, "a stream of the last term has no say in this one"

    async def test_a_node_that_dies_stands_no_more(self, leader: Leader, channels: PeerChannels) -> None:
        async with cable(leader.address) as line, peers(channels).attend(line.endpoint) as place:
            await place.offer(OFFER)
            await line.cut()
            await leader.until(lambda: not leader.attendance.offers)
            with pytest.raises(Unavailable):
                await place.offer(replace(OFFER, number=2))

    async def test_the_late_end_of_an_old_stream_leaves_the_new_offer_standing(
        self, leader: Leader, channels: PeerChannels
    ) -> None:
        async with cable(leader.address) as old, peers(channels).attend(old.endpoint) as before:
            await before.offer(OFFER)
            async with peers(channels).attend(leader.address) as now:
                await now.offer(replace(OFFER, number=2))
                await old.cut()
                await _ended(before, old)
                await now.offer(replace(OFFER, number=3))
                assert leader.attendance.offers[A].number == 3
                assert leader.attendance.changed() == {A}

    async def test_an_old_stream_says_nothing_once_there_is_a_new_one(
        self, leader: Leader, channels: PeerChannels
    ) -> None:
        """Offers of a daemon that was killed may still be on their way when the next one has come."""
        async with peers(channels).attend(leader.address) as before:
            await before.offer(OFFER)
            async with peers(channels).attend(leader.address) as now:
                await now.offer(replace(OFFER, incarnation="second"))
                with pytest.raises(FailedPrecondition) as caught:
                    await before.offer(replace(OFFER, number=2))
                assert caught.value.reason == "STREAM_REPLACED"
                assert leader.attendance.offers[A].incarnation == "second"

    async def test_nobody_there_is_said_at_once(self, channels: PeerChannels) -> None:
        async with cable("127.0.0.1:1") as line:
            await line.cut()
            async with asyncio.timeout(10), peers(channels).attend(line.endpoint) as place:
                with pytest.raises(Unavailable):
                    await place.offer(OFFER)


async def _ended(place, line: Cable) -> None:
    async with asyncio.timeout(10):
        while not place.ended:
            await asyncio.sleep(0.01)


class TestWhoMay:
    async def test_a_person_may_not(self, leader: Leader) -> None:
        """Not even one who may do anything else."""
        async with grpc.aio.insecure_channel(leader.address) as channel:
            call = peer_service_pb2_grpc.PeerServiceStub(channel).Attend()  # it is refused whatever it would say
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call.read()
        error = from_rpc_error(caught.value)
        assert isinstance(error, PermissionDenied) and error.reason == "NODES_ONLY"
        assert not leader.attendance.offers

    async def test_who_has_the_wrong_secret_may_not(self, leader: Leader, channels: PeerChannels) -> None:
        for wrong in ("", "what only nodes knew", SECRET + "x", SECRET[:-1]):
            async with peers(channels, wrong).attend(leader.address) as place:
                with pytest.raises(Unauthenticated) as caught:
                    await place.offer(OFFER)
            assert caught.value.reason == "SECRET_WRONG"
        assert not leader.attendance.offers

    async def test_a_node_may_offer_only_what_is_its_own(self, leader: Leader, channels: PeerChannels) -> None:
        async with peers(channels, node=NodeId("b")).attend(leader.address) as place:
            with pytest.raises(PermissionDenied) as caught:
                await place.offer(OFFER)
        assert caught.value.reason == "OFFER_OF_ANOTHER"
        assert not leader.attendance.offers


class TestChannels:
    async def test_what_is_in_use_stays_open_when_its_node_is_gone(
        self, leader: Leader, channels: PeerChannels
    ) -> None:
        async with peers(channels).attend(leader.address) as place:
            await place.offer(OFFER)
            await channels.tidy(frozenset())
            await place.offer(replace(OFFER, number=2))
        del place  # what was said over a connection keeps it open as long as it is remembered
        await channels.tidy(frozenset({leader.address}))
        assert _connected(leader.address)
        await channels.tidy(frozenset())
        async with asyncio.timeout(10):
            while _connected(leader.address):
                await asyncio.sleep(0.01)
        async with peers(channels).attend(leader.address) as place:
            await place.offer(replace(OFFER, number=3))


def _connected(address: str) -> bool:
    """Whether this process has a connection to `address`."""
    port = int(address.rpartition(":")[2])
    return any(one.raddr and one.raddr.port == port for one in psutil.Process().net_connections("tcp"))
