"""Keeps this node's offer standing with whoever leads: a node whose offer stands has answered every election beforehand.

It follows the leader that the watch shows, goes elsewhere at once when another leads, and offers anew when what the
node has free changed. What an offer is made of, and what the leader makes of it, it never needs to know (ADR 11).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import structlog

from winslow.domain.node import GpuOffer, Offer
from winslow.domain.stage import NodeId
from winslow.errors import FailedPrecondition, WinslowError
from winslow.ports import Attending, Peers, Store
from winslowd.usecases.attendance import Attendance

log = structlog.get_logger(__name__)

LOOK = 0.25
"""Seconds between two looks at what is free: the longest that a new obstacle stays unsaid."""
AT_MOST = 1.0
"""Seconds between two offers of which only what is free differs."""
AT_LEAST = 10.0
"""Seconds between two offers that say the same."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
"""Seconds before the next try: a new leader listens a moment after it is seen."""
WORTH_A_WORD = 4
"""Tries without success that are logged: fewer are a new leader that does not listen yet."""
TENTH = 0.1
PROCESSOR = 0.25
"""Cores of which a difference matters, however few there are."""
SIZE = 256 << 20
"""Bytes of which a difference matters, however many there are."""


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads, and where it is reached."""

    node: NodeId
    address: str


class Bidder:
    """`offer` makes the offer of a given number from what is free now; it is cheap and is asked often."""

    def __init__(
        self,
        node: NodeId,
        store: Store,
        peers: Peers,
        attendance: Attendance,
        offer: Callable[[int], Offer],
        steady: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self._node = node
        self._store = store
        self._peers = peers
        self._attendance = attendance
        self._offer = offer
        self._steady = steady
        self._number = 0
        self._failures = 0
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, keeps no secret

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            leader = self._leader()
            async with asyncio.TaskGroup() as group:
                attending = group.create_task(self._insist(leader), name=f"attending-{leader.node}") if leader else None
                await self._until_led_by_another_than(leader)
                if attending:
                    attending.cancel()

    # Who leads

    def _leader(self) -> Leader | None:
        """None while nobody leads, or the one who does is not registered yet."""
        view = self._store.view
        if view.leader is None:
            return None
        if view.leader == self._node:
            return Leader(self._node, "")
        node = view.node(view.leader)
        return Leader(node.id, node.address) if node else None

    async def _until_led_by_another_than(self, leader: Leader | None) -> None:
        while self._leader() == leader:
            await self._store.changed(self._store.view.revision)

    # Attending

    async def _insist(self, leader: Leader) -> None:
        self._failures = 0
        while True:
            try:
                await self._attend(leader)
            except WinslowError as error:
                self._failures += 1
                if self._failures == WORTH_A_WORD:
                    log.warning("the leader does not hear our offers", leader=leader.node, error=str(error))
            await asyncio.sleep(pause_after(self._failures) * self._chance.uniform(0.7, 1.3))

    async def _attend(self, leader: Leader) -> None:
        """Keep an offer standing for as long as the leader hears it. Raises WinslowError when it does not."""
        async with self._place(leader) as place:
            made = await self._make(place)
            at = self._steady()
            self._failures = 0
            log.info("our offer stands", leader=leader.node)
            while True:
                await asyncio.sleep(LOOK)
                if place.ended or due(made, self._offer(self._number), self._steady() - at):
                    made = await self._make(place)
                    at = self._steady()

    async def _make(self, place: Attending) -> Offer:
        self._number += 1
        offer = self._offer(self._number)
        await place.offer(offer)
        return offer

    def _place(self, leader: Leader) -> contextlib.AbstractAsyncContextManager[Attending]:
        if leader.node == self._node:
            return _at_home(self._attendance)
        return self._peers.attend(leader.address)


@contextlib.asynccontextmanager
async def _at_home(attendance: Attendance) -> AsyncIterator[Attending]:
    """A place in the elections that this node holds itself: as at any other, without a call."""
    while not attendance.is_open:
        await attendance.moved()
    place = _Home(attendance)
    try:
        yield place
    finally:
        place.leave()


class _Home:
    """Implements `winslow.ports.Attending` in the present term of this node."""

    def __init__(self, attendance: Attendance) -> None:
        self._attendance = attendance
        self._over = attendance.over
        self._made: Offer | None = None

    @property
    def ended(self) -> bool:
        return self._over.is_set()

    async def offer(self, offer: Offer) -> None:
        if self.ended:
            raise FailedPrecondition("This node leads no more", reason="NOT_LEADER")
        self._attendance.hear(offer)
        self._made = offer

    def leave(self) -> None:
        if self._made and not self.ended:
            self._attendance.leave(self._made.node, self._made.incarnation)


def pause_after(failures: int) -> float:
    """Seconds before the next try after so many without success."""
    pause = FIRST_PAUSE
    while failures > 0 and pause < LONGEST_PAUSE:
        pause, failures = pause * 2, failures - 1
    return min(pause, LONGEST_PAUSE)


def due(made: Offer, now: Offer, age: float) -> bool:
    """Whether `now` is to be offered in place of `made`, which was offered `age` seconds ago."""
    if age >= AT_LEAST or now.obstacles != made.obstacles:
        return True
    return age >= AT_MOST and differs(made, now)


def differs(made: Offer, now: Offer) -> bool:
    """Whether two offers differ so much that a leader may decide otherwise."""
    return (
        now.incarnation != made.incarnation
        or abs(now.cpus_idle - made.cpus_idle) >= max(PROCESSOR, TENTH * made.cpus_idle)
        or _size_differs(made.memory_available, now.memory_available)
        or _size_differs(made.disk_free, now.disk_free)
        or len(now.gpus) != len(made.gpus)
        or any(_gpu_differs(before, after) for before, after in zip(made.gpus, now.gpus, strict=True))
    )


def _gpu_differs(made: GpuOffer, now: GpuOffer) -> bool:
    return (
        now.uuid != made.uuid
        or abs(now.utilisation - made.utilisation) >= TENTH
        or _size_differs(made.memory_free, now.memory_free)
    )


def _size_differs(made: int, now: int) -> bool:
    return abs(now - made) >= max(SIZE, TENTH * made)
