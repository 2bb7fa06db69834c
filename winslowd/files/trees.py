"""The port Trees for the daemon: each method is one call to the worker."""

from __future__ import annotations

from winslow.domain.layout import Location
from winslow.ports import Gathering, Matches, Trail, UnpackLimits
from winslowd.files.client import Caller, Nothing


class TreesClient:
    """`winslow.ports.Trees`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def search(self, location: Location, query: str, at: Trail, limit: int, seconds: float) -> Matches:
        return await self._call(Matches, "trees.search", location, query, at, limit, seconds)

    async def gather(self, location: Location, at: Trail, size: int) -> Gathering:
        return await self._call(Gathering, "trees.gather", location, at, size)

    async def unpack(self, source: Location, target: Location, limits: UnpackLimits, mark: str) -> None:
        await self._call(Nothing, "trees.unpack", source, target, limits, mark)

    async def move(self, source: Location, target: Location, mark: str) -> None:
        await self._call(Nothing, "trees.move", source, target, mark)
