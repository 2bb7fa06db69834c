"""What a node measures, as a test says it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping

from winslow.domain.reading import Reading, Subject


class FakeReadings:
    """`tell` is a measurement; `kept` are the minutes of the past."""

    def __init__(self) -> None:
        self.latest: Mapping[Subject, Reading] = {}
        self.kept: list[Reading] = []
        self._told = asyncio.Event()

    def tell(self, *readings: Reading) -> None:
        self.latest = {one.subject: one for one in readings}
        told, self._told = self._told, asyncio.Event()
        told.set()

    async def live(self) -> AsyncGenerator[Mapping[Subject, Reading], None]:
        while True:
            told = self._told
            if self.latest:
                yield self.latest
            await told.wait()

    async def past(self, subject: Subject, after: float, until: float, most: int | None = None) -> tuple[Reading, ...]:
        found = (one for one in self.kept if one.subject == subject and after < one.time <= until)
        return tuple(sorted(found, key=lambda one: one.time))[:most]
