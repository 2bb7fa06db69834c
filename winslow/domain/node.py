"""A node: a machine that runs `winslowd`. Its session is a lease; what it can do is registered with it."""

from __future__ import annotations

from dataclasses import dataclass

from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId


@dataclass(frozen=True, slots=True)
class Node:
    """What a node registers under its lease.

    `boot_id` changes with each boot of the machine, `incarnation` with each start of the daemon. `storage_client` is the
    client by which its mount of the volume is known to the servers behind it, "" where there are none. `warnings` are
    sentences on what is wrong with the storage there, or will be soon. `archives` are the kinds that its daemon reads.
    `http` are the addresses at which it serves HTTP.
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
    storage_client: str = ""
    warnings: tuple[str, ...] = ()
    archives: frozenset[str] = frozenset()
    http: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NodePolicy:
    """What an operator decided about a node; outlives its lease. `drain_deadline` in Unix seconds.

    `drain_left` are the seconds until then as they were noted last: counted by steady clocks, since the wall clocks of two
    machines may be a day apart, and no stage may be aborted for that. None in records of versions that did not count.
    `max_stages` is how many stages it may have at a time, 0 for as many as fit.
    """

    id: NodeId
    cordoned: bool = False
    drain_deadline: float | None = None
    reason: str = ""
    max_stages: int = 0
    drain_left: float | None = None


@dataclass(frozen=True, slots=True)
class GpuOffer:
    """What one GPU has free now, whoever uses the rest. `utilisation` 0 to 1, `memory_free` in bytes."""

    uuid: str
    utilisation: float
    memory_free: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A node takes part in elections: what it has free now as it measured it, whoever uses the rest.

    `number` counts up within an incarnation. `cpus_idle` in cores, `memory_available` and `disk_free` in bytes.
    `obstacles` are why it can execute nothing now, as sentences.
    """

    node: NodeId
    incarnation: str
    number: int
    cpus_idle: float
    memory_available: int
    disk_free: int = 0
    gpus: tuple[GpuOffer, ...] = ()
    obstacles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reservation:
    """What the leader counted as taken on a node when it last awarded a stage there.

    Each award compares it and writes it anew, so that of two awards that do not know of each other one fails. What has
    ended since is still counted in it. `cpus` in cores, `memory` in bytes, `gpus` by UUID.
    """

    node: NodeId
    stages: int = 0
    cpus: float = 0.0
    memory: int = 0
    gpus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Silence:
    """A node's session is gone while stages are its own: noticed `since` (Unix seconds).

    `waited` are the seconds that leaders have waited for it so far, each by its own steady clock: wall clocks of two
    machines may be a day apart, and no stage may be given up for that. `fenced` are clients of the shared file system that
    it had and that can write no more; `fault` is why one could not be shut out so far, "" when nothing is in the way.
    """

    node: NodeId
    since: float
    waited: float = 0.0
    fenced: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """The clients of the shared file system through which a node may write, the one that it mounts with now last.

    The node writes it before it takes a stage, and it outlives the node's session: whoever gives up the node's stages shuts
    these clients out first. Earlier ones stay in it while a stage that may still hold them is live.
    """

    node: NodeId
    clients: tuple[str, ...] = ()
