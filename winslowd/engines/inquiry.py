"""Asks the servers behind the volume how they are, now and then, and remembers what they said.

Rarely, since each node does: an idle daemon must cost nothing. More often while something is wrong, so that people and
elections hear soon that it is over.
"""

from __future__ import annotations

import asyncio
import random

import structlog

from winslow.ports import ServersShown, StorageServers
from winslowd.usecases.volume import KnownVolume

log = structlog.get_logger(__name__)

AFTER_TROUBLE = 0.25
"""Of the usual time, how long it waits while something is wrong."""


class Inquiry:
    """Runs until cancelled. `every` in seconds, more or less: nodes that start together do not ask together."""

    def __init__(self, servers: StorageServers, known: KnownVolume, changed: asyncio.Event, every: float) -> None:
        self._servers = servers
        self._known = known
        self._changed = changed
        self._every = every
        self._chance = random.Random()  # noqa: S311 - spreads questions, keeps no secret

    async def run(self) -> None:
        while True:
            troubled = await self.look()
            usual = self._every * (AFTER_TROUBLE if troubled else 1.0)
            await asyncio.sleep(usual * self._chance.uniform(0.8, 1.2))

    async def look(self) -> bool:
        """Ask once; returns whether something is wrong."""
        before, now = self._known.servers, await self._servers.look()
        self._known.servers = now
        if _said(now) != _said(before):
            self._changed.set()
            log.warning("the storage's servers", fault=now.fault, full=now.full, warnings=now.warnings)
        return any(_said(now))


def _said(shown: ServersShown) -> tuple[object, ...]:
    return shown.fault, shown.full, shown.warnings
