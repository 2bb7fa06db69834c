"""How the nodes of a world reach one another: offers that take a while, are lost, and are withdrawn when a daemon goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.loop import Process, SimulatedLoop
from winslow.domain.node import Offer
from winslow.errors import FailedPrecondition, Unavailable
from winslow.ports import Attending
from winslowd.usecases.attendance import Attendance

PATIENCE = 3.0
"""Seconds after which an offer that nobody took is given up."""


@dataclass
class Exchange:
    """Where daemons listen now, by their addresses."""

    loop: SimulatedLoop
    random: Random
    listening: dict[str, tuple[Process, Attendance]] = field(default_factory=dict)

    def reach(self, address: str, act: Callable[[Attendance], Any]) -> asyncio.Future[Any]:
        """`act`, done by the daemon at `address` a moment later, and what came of it; never, where there is none."""
        answer: asyncio.Future[Any] = self.loop.create_future()
        process, attendance = self.listening.get(address, (None, None))
        if process is None or attendance is None:
            answer.set_exception(Unavailable("nobody listens there", reason="NODE_UNREACHABLE"))
        elif self.random.random() >= 0.01:
            delay = 0.0005 + self.random.random() * 0.002
            self.loop.call_later(delay, _do, answer, act, attendance, context=self.loop.context_of(process))
        return answer


def _do(answer: asyncio.Future[Any], act: Callable[[Attendance], Any], attendance: Attendance) -> None:
    try:
        value = act(attendance)
    except Exception as error:
        if not answer.done():
            answer.set_exception(error)
    else:
        if not answer.done():
            answer.set_result(value)


class SimulatedPeers:
    """Implements `winslow.ports.Peers` for one daemon."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._places: dict[_Place, None] = {}

    def attend(self, address: str) -> AbstractAsyncContextManager[Attending]:
        return self._attending(address)

    @contextlib.asynccontextmanager
    async def _attending(self, address: str) -> AsyncIterator[Attending]:
        place = _Place(self._exchange, address)
        self._places[place] = None
        try:
            yield place
        finally:
            self._places.pop(place, None)
            place.leave()

    def gone(self) -> None:
        """The daemon was killed: its connections end, and those at the other end learn of it."""
        for place in self._places:
            place.leave()
        self._places.clear()


class _Place:
    def __init__(self, exchange: Exchange, address: str) -> None:
        self._exchange = exchange
        self._address = address
        self._over: asyncio.Event | None = None
        self._made: Offer | None = None
        self._lost = False

    @property
    def ended(self) -> bool:
        gone = self._address not in self._exchange.listening
        return self._lost or gone or (self._over is not None and self._over.is_set())

    async def offer(self, offer: Offer) -> None:
        def heard(attendance: Attendance) -> asyncio.Event:
            if not attendance.is_open:
                raise FailedPrecondition("This node leads no more", reason="NOT_LEADER")
            attendance.hear(offer)
            return attendance.over

        self._made = offer
        try:
            async with asyncio.timeout(PATIENCE):
                self._over = await self._exchange.reach(self._address, heard)
        except TimeoutError:
            self._lost = True
            raise Unavailable("the leader does not answer", reason="NODE_UNREACHABLE") from None

    def leave(self) -> None:
        made, over = self._made, self._over
        if made is None or over is None or self._address not in self._exchange.listening:
            return

        def left(attendance: Attendance) -> None:
            if attendance.over is over:
                attendance.leave(made.node, made.incarnation)

        self._exchange.reach(self._address, left)
