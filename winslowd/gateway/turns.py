"""Requests for one upload, one after another: who was cut off asks where to go on while what was sent before still comes in.

Within this node, and for a moment only: a sender that is in the middle of it must not keep others from looking.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

WAIT = 2.0
"""Seconds for which those that came before are waited for: what a system keeps of a cut connection is read in less."""


class Turns:
    """Who is receiving which upload."""

    def __init__(self) -> None:
        self._under_way: dict[str, set[asyncio.Event]] = {}

    async def before(self, id_: str) -> None:
        """Wait for those that came before, as long as that may take."""
        try:
            async with asyncio.timeout(WAIT):
                for ended in list(self._under_way.get(id_, ())):
                    await ended.wait()
        except TimeoutError:
            return

    @contextmanager
    def of(self, id_: str) -> Iterator[None]:
        """The body receives the upload."""
        ended = asyncio.Event()
        mine = self._under_way.setdefault(id_, set())
        mine.add(ended)
        try:
            yield
        finally:
            ended.set()
            mine.discard(ended)
            if not mine:
                self._under_way.pop(id_, None)
