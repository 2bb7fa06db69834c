"""The port `Volume` for the daemon: the volume as a whole, as the files process sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from winslow.ports import Standing
from winslowd.files.client import Caller, Nothing


class Working(Caller, Protocol):
    """The files process, of which one worker after another does the work."""

    worker: int

    async def another(self, worker: int) -> None: ...


class StandingClient:
    """`winslow.ports.Volume`. `sockets` are patterns of the admin sockets of ceph-fuse."""

    def __init__(self, files: Working, sockets: Sequence[str]) -> None:
        self._call = files.call
        self._sockets = tuple(sockets)
        self._files = files

    async def standing(self) -> Standing:
        return await self._call(Standing, "standings.look", self._sockets)

    async def mark(self, cluster: str) -> str:
        return await self._call(str, "standings.mark", cluster)

    async def unmark(self, identity: str) -> None:
        await self._call(Nothing, "standings.unmark", identity)

    @property
    def worker(self) -> int:
        return self._files.worker

    async def another(self, worker: int) -> None:
        await self._files.another(worker)
