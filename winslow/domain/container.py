"""What a driver is asked to run and what it answers, in no engine's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from hashlib import blake2b

from winslow.domain.pipeline import Network
from winslow.domain.resources import Resources
from winslow.domain.stage import StageId


@dataclass(frozen=True, slots=True)
class Mount:
    """A directory or file of the node, absolute, seen at `target` in the container."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An image present on the node. `digest` names exactly this content; `user` is (uid, gid) when the image has one that is not root."""

    name: str
    digest: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """One container for one attempt. Its name is the stage's id, so that a second create is refused.

    `control` is a directory of this node (made by the caller) in which the launcher keeps who started and how
    it ended; `log` is an existing file to which stdout and stderr are appended, at most `log_limit` bytes.
    With `hold` the process waits, once the container is up, until `Driver.release`.
    """

    stage: StageId
    image: Image
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    mounts: tuple[Mount, ...]
    resources: Resources
    user: tuple[int, int]
    control: str
    log: str
    log_limit: int
    network: Network = Network.NONE
    gpus: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Exit:
    """How the stage's process ended. Exactly one of `code` and `signal` is meant: `signal` is 0 unless one killed it.

    `out_of_memory`, `disk_full` and `quota_full` were observed, not guessed. `started_at`, `ended_at` in Unix seconds, of the
    stage's own process. `launched` is False when the process never ran (`message` says why).
    """

    code: int
    signal: int = 0
    out_of_memory: bool = False
    disk_full: bool = False
    quota_full: bool = False
    """Not the disk was full but a quota on it."""
    started_at: float = 0.0
    ended_at: float = 0.0
    launched: bool = True
    message: str = ""


def fingerprint(spec: ContainerSpec) -> str:
    """What a container made of `spec` is, as a digest: equal for equal inputs, in every process.

    Labels, the control directory and `hold` are left out: they say whose and when, not what.
    """
    need = spec.resources
    facts = (
        spec.stage,
        spec.image.digest,
        spec.arguments,
        tuple(sorted(spec.environment.items())),
        tuple((mount.source, mount.target, mount.read_only) for mount in spec.mounts),
        (need.cpus, need.memory, need.shared_memory, need.pids),
        spec.user,
        (spec.log, spec.log_limit),
        spec.network.value,
        spec.gpus,
    )
    return blake2b(repr(facts).encode(), digest_size=16).hexdigest()


class Phase(Enum):
    """CREATED: never started. HELD: up, waiting for `release`. RUNNING. EXITED. GONE: no such container."""

    CREATED = "created"
    HELD = "held"
    RUNNING = "running"
    EXITED = "exited"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Found:
    """A container of this cluster that the engine knows, after a restart of the daemon."""

    stage: StageId
    phase: Phase
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a running container uses: `memory` in bytes now, without what the kernel can drop at any moment.

    The others count from its start: `cpu_seconds`, and in bytes what it `received` and `sent` on a network of its own, what it
    `read` from disks and has `written` to them.
    """

    cpu_seconds: float
    memory: int
    received: int = 0
    sent: int = 0
    read: int = 0
    written: int = 0
