"""The bidder over a fake store: one offer stands with whoever leads, and another where what is free has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.fakes.store import FakeCluster, FakeMembership, FakeStore
from winslow.domain.node import GpuOffer, Node, Offer
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId
from winslow.errors import FailedPrecondition, Unavailable, WinslowError
from winslowd.engines import bidder as engine
from winslowd.engines.bidder import AT_LEAST, AT_MOST, Bidder, differs, due, pause_after
from winslowd.usecases.attendance import Attendance

GIB = 1 << 30
FREE = Offer(NodeId("a"), "first", 1, 4.0, 8 * GIB, 100 * GIB, (GpuOffer("GPU-1", 0.0, 8 * GIB),))


class FakePeers:
    """Leaders by address, each an Attendance; what is asked of one that is not there fails."""

    def __init__(self) -> None:
        self.leaders: dict[str, Attendance] = {}
        self.failures: list[WinslowError] = []
        self.tries = 0

    @asynccontextmanager
    async def attend(self, address: str) -> AsyncIterator[FakeAttending]:
        place = FakeAttending(self, address)
        try:
            yield place
        finally:
            place.leave()


class FakeAttending:
    def __init__(self, peers: FakePeers, address: str) -> None:
        self._peers = peers
        self._attendance = peers.leaders.get(address)
        self._over = self._attendance.over if self._attendance else asyncio.Event()
        self._made: Offer | None = None

    @property
    def ended(self) -> bool:
        return self._over.is_set()

    async def offer(self, offer: Offer) -> None:
        self._peers.tries += 1
        await asyncio.sleep(0)
        if self._peers.failures:
            raise self._peers.failures.pop(0)
        if self._attendance is None or not self._attendance.is_open or self.ended:
            raise FailedPrecondition("It does not lead", reason="NOT_LEADER")
        self._attendance.hear(offer)
        self._made = offer

    def leave(self) -> None:
        if self._attendance and self._made and not self.ended:
            self._attendance.leave(self._made.node, self._made.incarnation)


class Scene:
    """Node `a`, whose bidder runs, beside nodes that may lead."""

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.store = FakeStore(self.cluster)
        self.own = Attendance()
        self.peers = FakePeers()
        self.free = FREE
        self.now = 0.0
        self.bidder = Bidder(NodeId("a"), self.store, self.peers, self.own, self.offer, lambda: self.now)

    def offer(self, number: int) -> Offer:
        return replace(self.free, number=number)

    def member(self, name: str) -> FakeMembership:
        return FakeMembership(FakeStore(self.cluster), NodeId(name))

    async def leads(self, name: str) -> tuple[Attendance, asyncio.Task[None]]:
        """Node `name` is registered, leads and hears; cancel the task to end its term."""
        member = self.member(name)
        await member.join(Node(NodeId(name), f"{name}:1", Capacity(1, 1)))
        attendance = self.own if name == "a" else self.peers.leaders.setdefault(f"{name}:1", Attendance())
        began = asyncio.Event()

        async def lead() -> None:
            async with member.lead():
                attendance.open()
                began.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    attendance.close()

        task = asyncio.create_task(lead(), name=f"{name}-leads")
        await began.wait()
        return attendance, task


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(engine, "LOOK", 0.002)
    monkeypatch.setattr(engine, "FIRST_PAUSE", 0.002)
    monkeypatch.setattr(engine, "LONGEST_PAUSE", 0.01)
    made = Scene()
    running = asyncio.create_task(made.bidder.run(), name="bidder")
    yield made
    assert not running.done(), running
    running.cancel()
    await asyncio.wait([running])


async def until(attendance: Attendance, holds) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await attendance.moved()


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


class TestStanding:
    async def test_the_offer_stands_with_the_node_that_leads(self, scene: Scene) -> None:
        attendance, leading = await scene.leads("b")
        await until(attendance, lambda: attendance.offers)
        assert attendance.offers[NodeId("a")].cpus_idle == 4.0
        await end(leading)

    async def test_a_node_that_leads_hears_itself_without_a_call(self, scene: Scene) -> None:
        attendance, leading = await scene.leads("a")
        await until(attendance, lambda: attendance.offers)
        assert scene.peers.tries == 0
        await end(leading)

    async def test_it_goes_to_the_next_leader_when_the_first_is_gone(self, scene: Scene) -> None:
        first, leading = await scene.leads("b")
        await until(first, lambda: first.offers)
        await end(leading)
        second, leading = await scene.leads("c")
        await until(second, lambda: second.offers)
        assert not first.offers
        await end(leading)

    async def test_it_stands_anew_in_a_new_term_of_the_same_node(self, scene: Scene) -> None:
        for name in ("a", "b"):
            attendance, leading = await scene.leads(name)
            await until(attendance, lambda attendance=attendance: attendance.offers)
            attendance.close()
            attendance.open()
            assert not attendance.offers
            await until(attendance, lambda attendance=attendance: attendance.offers)
            await end(leading)

    async def test_a_leader_that_cannot_be_reached_is_asked_again_until_it_answers(self, scene: Scene) -> None:
        scene.peers.failures = [Unavailable("gone", reason="SERVER_UNREACHABLE") for _ in range(6)]
        attendance, leading = await scene.leads("b")
        await until(attendance, lambda: attendance.offers)
        assert scene.peers.tries == 7
        await end(leading)

    def test_pauses_grow_to_two_seconds_and_stay_there(self) -> None:
        """For ever: a leader may be out of reach of one node for days."""
        pauses = [pause_after(failures) for failures in range(10)]
        assert pauses == sorted(pauses) and pauses[0] == 0.05 and pauses[-1] == 2.0
        assert pause_after(100_000) == 2.0

    async def test_a_leader_whose_session_is_gone_is_not_called(self, scene: Scene) -> None:
        """Its claim may outlive its registration by an event: there is no address to call then."""
        stranger = scene.member("b")
        async with stranger.lead():
            await asyncio.sleep(0.02)
            assert scene.peers.tries == 0


class TestChange:
    async def test_an_obstacle_is_told_at_once(self, scene: Scene) -> None:
        attendance, leading = await scene.leads("b")
        await until(attendance, lambda: attendance.offers)
        scene.free = replace(FREE, obstacles=("the engine does not answer",))
        await until(attendance, lambda: attendance.offers[NodeId("a")].obstacles)
        await end(leading)

    async def test_what_is_free_is_told_a_second_later(self, scene: Scene) -> None:
        attendance, leading = await scene.leads("b")
        await until(attendance, lambda: attendance.offers)
        scene.free = replace(FREE, cpus_idle=1.0)
        await asyncio.sleep(0.02)
        assert attendance.offers[NodeId("a")].cpus_idle == 4.0
        scene.now += AT_MOST
        await until(attendance, lambda: attendance.offers[NodeId("a")].cpus_idle == 1.0)
        await end(leading)

    def test_what_says_the_same_is_told_at_least_each_ten_seconds(self) -> None:
        assert not due(FREE, replace(FREE, number=2), AT_LEAST - 0.1)
        assert due(FREE, replace(FREE, number=2), AT_LEAST)

    def test_little_changes_do_not_matter(self) -> None:
        near = replace(
            FREE,
            cpus_idle=3.9,
            memory_available=FREE.memory_available - (100 << 20),
            disk_free=FREE.disk_free - GIB,
            gpus=(GpuOffer("GPU-1", 0.05, 8 * GIB - (100 << 20)),),
        )
        assert not differs(FREE, near)

    @pytest.mark.parametrize(
        "change",
        [
            {"incarnation": "second"},
            {"cpus_idle": 3.5},
            {"memory_available": 7 * GIB},
            {"disk_free": 80 * GIB},
            {"gpus": ()},
            {"gpus": (GpuOffer("GPU-2", 0.0, 8 * GIB),)},
            {"gpus": (GpuOffer("GPU-1", 0.2, 8 * GIB),)},
            {"gpus": (GpuOffer("GPU-1", 0.0, 4 * GIB),)},
        ],
    )
    def test_each_of_these_matters(self, change: dict[str, object]) -> None:
        assert differs(FREE, replace(FREE, **change))
