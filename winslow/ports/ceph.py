"""The servers behind the shared file system: who may write, how they are, and who we are to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Fencer(Protocol):
    """Shuts clients of the shared file system out of it."""

    async def fence(self, client: str) -> None:
        """Let `client`, as its node published it, write no more: not even what it wrote before and has not sent yet.

        When it returns, whoever opens a file that the client had open sees what it will have for ever, within seconds. No
        other client is touched. Again for one that is shut out, nothing happens. Ends within 15 seconds, whatever the
        servers do. Raises Unavailable (CEPH_UNAVAILABLE), PermissionDenied (CEPH_FORBIDDEN), InvalidArgument
        (CLIENT_INVALID), FailedPrecondition (CLIENT_ELSEWHERE).
        """


@dataclass(frozen=True, slots=True)
class ServersShown:
    """How the servers were when they were asked last. `free` and `size` in bytes, 0 while nobody knows.

    `warnings` are sentences that somebody should act on; `full` is why nothing can be written, "" while it can; `fault` is
    why they could not be asked.
    """

    warnings: tuple[str, ...] = ()
    full: str = ""
    fault: str = ""
    size: int = 0
    free: int = 0


class StorageServers(Protocol):
    """The servers of the shared file system, as somebody who may only look sees them."""

    async def look(self) -> ServersShown:
        """Ask them now. Ends within 15 seconds, whatever they do, and never fails: what is wrong is in the answer."""


Watched = Callable[[], ServersShown]
"""As they were seen last; answers at once."""
