"""A node: a machine that runs `winslowd`. Its session is a lease; what it can do is registered with it."""

from __future__ import annotations

from dataclasses import dataclass

from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId


@dataclass(frozen=True, slots=True)
class Node:
    """What a node registers under its lease.

    `boot_id` changes with each boot of the machine, `incarnation` with each start of the daemon.
    """

    id: NodeId
    address: str
    capacity: Capacity
    tags: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    version: str = ""
    boot_id: str = ""
    incarnation: str = ""
    registered_at: float = 0.0


@dataclass(frozen=True, slots=True)
class NodePolicy:
    """What an operator decided about a node; outlives its lease. `drain_deadline` in Unix seconds."""

    id: NodeId
    cordoned: bool = False
    drain_deadline: float | None = None
    reason: str = ""
