"""The port Compares for the daemon: one call to the worker for a page."""

from __future__ import annotations

from winslow.ports import Differences, Side, Spot
from winslowd.files.client import Caller


class ComparesClient:
    """`winslow.ports.Compares`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def page(self, before: Side, after: Side, at: Spot, limit: int, hashed: int) -> Differences:
        return await self._call(Differences, "compares.page", before, after, at, limit, hashed)
