"""Trying again for as long as it takes: a part that cannot be reached is waited for, ever longer between two tries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from winslow.errors import WinslowError

T = TypeVar("T")

log = structlog.get_logger(__name__)

FIRST, MOST = 0.2, 2.0
"""Seconds between two tries. An end is to be recorded within five seconds of the store's return, connecting included."""


class Patience:
    """The pauses between the tries of one step."""

    def __init__(self) -> None:
        self._next = FIRST

    async def pause(self) -> None:
        pause, self._next = self._next, min(self._next * 2, MOST)
        await asyncio.sleep(pause)


async def insist(step: Callable[[], Awaitable[T]], what: str, **facts: object) -> T:
    """`step`, again and again until it succeeds. `what` and `facts` say in the log what is waited for."""
    patience = Patience()
    while True:
        try:
            return await step()
        except WinslowError as error:
            log.warning(f"{what}: tried again", error=str(error), reason=error.reason, **facts)
            await patience.pause()
