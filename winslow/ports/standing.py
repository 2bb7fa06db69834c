"""The volume as a whole: which one it is, and who we are to the servers behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Standing:
    """What lies at the volume's path now. `identity` is CLUSTER/ID, "" where there is none.

    `client` is how the mount is known to the servers (`winslow.domain.cephclient`), "" off CephFS and where nothing tells it.
    """

    identity: str = ""
    client: str = ""
    on_ceph: bool = False


class Volume(Protocol):
    """The volume of this node, looked at anew each time."""

    async def standing(self) -> Standing:
        """Raises Unavailable (STORAGE_DEGRADED, STORAGE_FENCED), DataLoss (VOLUME_MARK_DAMAGED)."""

    async def mark(self, cluster: str) -> str:
        """Give it an identity if it has none; returns the one that it has then."""

    async def unmark(self, identity: str) -> None:
        """Take that identity away again; another one stays."""

    @property
    def worker(self) -> int:
        """Who looks: another number, once what lies at the path may be another volume. 0 while nobody does."""

    async def another(self, worker: int) -> None:
        """Returns once who looks is not `worker`."""
