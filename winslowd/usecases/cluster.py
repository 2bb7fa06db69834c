"""The cluster as this node sees it: who leads it, how fresh that is, and whether the parts under it are well.

It answers while everything else is down, since that is when people ask.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from winslow.domain.principal import Principal
from winslow.domain.silence import silences
from winslow.domain.stage import NodeId
from winslow.errors import WinslowError
from winslow.ports import Membership, Storage, StorageState, Store, Upkeep
from winslowd.usecases.parts import Part, parts

WITHIN = 1.0
"""Seconds in which etcd may say who leads, and how its members are; the answer goes without it then."""


@dataclass(frozen=True, slots=True)
class Here:
    """Who answers: this daemon's cluster, node and version, and where it serves HTTP."""

    cluster: str
    node: NodeId
    version: str
    http: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterShown:
    """`leader` is None where none leads or nobody can say; not `connected`, what is told may be old."""

    here: Here
    leader: NodeId | None
    revision: int
    connected: bool
    storage: Storage
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """The use cases of the cluster as a whole."""

    here: Here
    store: Store
    membership: Membership
    storage: StorageState
    upkeep: Upkeep

    async def get(self, asker: Principal) -> ClusterShown:
        """Answers within about a second, and never fails."""
        leader, members = await asyncio.gather(self._leader(), self.upkeep.members(WITHIN))
        connected, storage, view = self.store.connected, self.storage(), self.store.view
        seen = parts(connected, members, storage, silences(view).values())
        return ClusterShown(self.here, leader, view.revision, connected, storage, seen)

    async def _leader(self) -> NodeId | None:
        try:
            async with asyncio.timeout(WITHIN):
                return await self.membership.leader()
        except (TimeoutError, WinslowError):
            return None
