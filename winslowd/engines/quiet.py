"""Work on the engine that can wait, waits while a container is being started: dockerd does one at the cost of the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

PUT_OFF = 5.0
"""Seconds that a piece of such work is put off at most."""
WAITING_MOST = 32
"""Pieces beyond which nothing is put off: under a load that never ends, they are done at the rate at which they come."""


class Quiet:
    """Knows whether containers are being started on this node."""

    def __init__(self) -> None:
        self._starting = 0
        self._nothing_starts = asyncio.Event()
        self._nothing_starts.set()
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._hurry = False

    def hurry(self) -> None:
        """Put nothing off any more: the daemon stops."""
        self._hurry = True
        self._nothing_starts.set()

    @contextlib.contextmanager
    def disturbed(self) -> Iterator[None]:
        """While a container is being started."""
        self._starting += 1
        if not self._hurry:
            self._nothing_starts.clear()
        try:
            yield
        finally:
            self._starting -= 1
            if not self._starting:
                self._nothing_starts.set()

    @contextlib.asynccontextmanager
    async def moment(self) -> AsyncIterator[None]:
        """Work that can wait: one piece at a time, in a moment in which nothing is started, or after `PUT_OFF` seconds."""
        self._waiting += 1
        try:
            async with self._turn:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PUT_OFF if self._waiting <= WAITING_MOST else 0):
                        await self._nothing_starts.wait()
                yield
        finally:
            self._waiting -= 1
