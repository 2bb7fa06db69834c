"""Work on the engine that can wait, waits while a container is being started: dockerd does one at the cost of the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

PUT_OFF = 5.0
"""Seconds that such work is put off at most."""


class Quiet:
    """Knows whether containers are being started on this node."""

    def __init__(self) -> None:
        self._starting = 0
        self._nothing_starts = asyncio.Event()
        self._nothing_starts.set()
        self._turn = asyncio.Lock()

    @contextlib.contextmanager
    def disturbed(self) -> Iterator[None]:
        """While a container is being started."""
        self._starting += 1
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
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PUT_OFF):
                await self._nothing_starts.wait()
        async with self._turn:
            yield
