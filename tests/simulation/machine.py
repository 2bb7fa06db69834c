"""A machine: what goes on without the daemon. Calls reach it after a while, take effect there, and are answered later.

It is a process of the loop by itself. A daemon that was killed leaves its calls under way; a machine that is frozen does
nothing, its containers neither; one that dies takes all of that with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from random import Random
from typing import Any, TypeVar

from tests.simulation.disk import Disk
from tests.simulation.loop import CURRENT, Process, SimulatedLoop
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId

T = TypeVar("T")
TAKEN_UP = 0.05
"""Seconds after which a call that was not taken up goes with the daemon that made it."""
EPOCH = 1_760_000_000.0
"""What all clocks show when a world begins, in Unix seconds, but for their errors."""


class Machine:
    """`skew` is how many seconds its wall clock is ahead."""

    def __init__(self, loop: SimulatedLoop, name: str, capacity: Capacity, skew: float, random: Random) -> None:
        self.loop = loop
        self.id = NodeId(name)
        self.capacity = capacity
        self.skew = skew
        self.random = random
        self.boots = 0
        self.disk = Disk(loop.time)
        self.process: Process
        self.context: Context
        self.boot()

    def boot(self) -> None:
        self.boots += 1
        self.process = self.loop.process(f"{self.id}/machine{self.boots}")
        self.context = self.loop.context_of(self.process)

    def clock(self) -> float:
        return EPOCH + self.loop.time() + self.skew

    def later(self, delay: float, act: Callable[..., Any], *arguments: Any) -> asyncio.TimerHandle:
        """Have it happen here, whatever becomes of who asked."""
        return self.loop.call_later(delay, act, *arguments, context=self.context)

    def pause(self) -> float:
        """Seconds that a call takes: mostly a few milliseconds, now and then far more."""
        drawn = self.random.random()
        return 0.0005 + drawn * 0.004 if drawn < 0.97 else drawn * self.random.random() * 1.5

    async def do(self, delay: float, act: Callable[..., T], *arguments: Any) -> T:
        """`act`, here, after `delay` seconds. A caller that is cancelled meanwhile does not stop it, one that dies mostly does."""
        answer: asyncio.Future[T] = self.loop.create_future()
        self.later(delay, _answer, answer, CURRENT.get() if delay > TAKEN_UP else None, act, arguments)
        return await answer

    def in_order(self, last: dict[str, float], about: str) -> float:
        """The pause of a call about something; `last` is when the one before it takes effect, which is never later."""
        now = self.loop.time()
        at = last[about] = max(last.get(about, 0.0) + 1e-6, now + self.pause())
        return at - now


def _answer(
    answer: asyncio.Future[Any], caller: Process | None, act: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    if caller is not None and caller.dead:
        return
    try:
        value = act(*arguments)
    except Exception as error:
        if not answer.done():
            answer.set_exception(error)
    else:
        if not answer.done():
            answer.set_result(value)
