"""The port `Volume` for the daemon: the volume as a whole, as the files process sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from winslow.ports import Standing
from winslowd.files.client import Caller, Nothing


class StandingClient:
    """`winslow.ports.Volume`. `sockets` are patterns of the admin sockets of ceph-fuse; `worker` is the process of the moment."""

    def __init__(self, caller: Caller, sockets: Sequence[str], worker: Callable[[], int]) -> None:
        self._call = caller.call
        self._sockets = tuple(sockets)
        self._worker = worker

    async def standing(self) -> Standing:
        return await self._call(Standing, "standings.look", self._sockets)

    async def mark(self, cluster: str) -> str:
        return await self._call(str, "standings.mark", cluster)

    async def unmark(self, identity: str) -> None:
        await self._call(Nothing, "standings.unmark", identity)

    @property
    def worker(self) -> int:
        return self._worker()
