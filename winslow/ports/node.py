"""What a node has of its own: an engine for containers, a journal on its disk, its measurements."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Protocol

from winslow.domain.container import ContainerSpec, Exit, Found, Image, Phase, Usage
from winslow.domain.reading import Reading, Subject
from winslow.domain.stage import Cause, StageId


class Driver(Protocol):
    """Runs containers on this node. Handles are stage ids: a driver keeps nothing that it cannot rebuild."""

    async def pull(self, image: str) -> Image:
        """The image, fetched when it is not on the node. Raises NotFound (IMAGE_MISSING) or Unavailable (ENGINE_UNAVAILABLE)."""

    async def inspect_image(self, image: str) -> Image | None:
        """The image if it is on the node."""

    async def list_images(self) -> frozenset[str]:
        """Everything by which `pull` finds an image that is on the node: tags, digests and ids; of many, some thousand at most."""

    async def resolve_user(self, image: Image, user: str) -> tuple[int, int]:
        """(uid, gid) of `uid[:gid]`, or of a user's name in the image. Raises InvalidArgument (USER_UNKNOWN)."""

    async def create(self, spec: ContainerSpec) -> None:
        """Make the container. Raises AlreadyExists (CONTAINER_EXISTS) when the stage has one, FailedPrecondition (ENGINE_REFUSED)."""

    async def start(self, stage: StageId) -> None:
        """Start it. The stage's process runs at most once, however often this is called."""

    async def release(self, stage: StageId) -> None:
        """Let a held container's process go."""

    async def wait(self, stage: StageId) -> Exit:
        """Wait for the end of the stage's process. After the end, answers at once. Raises NotFound (CONTAINER_GONE)."""

    async def stop(self, stage: StageId, grace: float) -> None:
        """SIGTERM, then SIGKILL after `grace` seconds. Nothing happens when it has ended or is gone."""

    async def remove(self, stage: StageId) -> None:
        """Remove the container, running or not. Nothing happens when it is gone."""

    async def phase(self, stage: StageId) -> Phase:
        """Where the stage's container is now; GONE when there is none."""

    async def recover(self) -> tuple[Found, ...]:
        """Every container of this cluster on this node."""

    async def elapsed(self, stage: StageId) -> float:
        """Seconds since the stage's process was launched, by a clock that nobody sets; 0 when it was not.

        Raises NotFound (CONTAINER_GONE) where nothing is left of it, Unavailable.
        """

    async def usage(self, stage: StageId) -> Usage | None:
        """What it uses now; None when it does not run. Cheap enough for each second: the engine is asked the first time at most."""

    async def close(self) -> None:
        """Let go of the engine; containers go on."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why this node stopped a stage: written down before it is stopped, so that its end is told truly after a restart."""

    cause: Cause
    message: str


class Journal(Protocol):
    """What this node must remember of its stages though it, or the store, dies: fsynced, on its own disk.

    A stage's entry is also the directory in which its launcher claims the one launch and records the end.
    """

    def open(self, stage: StageId) -> str:
        """Make the stage's entry, if need be, and return its absolute path."""

    def has(self, stage: StageId) -> bool:
        """Whether the stage has an entry; without one this node has made no container for it."""

    def entries(self) -> tuple[StageId, ...]:
        """Stages that this node has not finished with."""

    def judge(self, stage: StageId, verdict: Verdict) -> None:
        """Remember why the stage is being stopped. The first verdict stays."""

    def verdict(self, stage: StageId) -> Verdict | None:
        """The verdict remembered."""

    def close(self, stage: StageId) -> None:
        """Everything about the stage is recorded in the store: forget it."""


class Readings(Protocol):
    """What this node measures, of itself and of its stages."""

    @property
    def latest(self) -> Mapping[Subject, Reading]:
        """What was measured last, of the node and of every stage that runs on it; empty before the first time."""

    def live(self) -> AsyncGenerator[Mapping[Subject, Reading], None]:
        """`latest`, at once and after each measurement, each second, without end. Who is slow misses some, and gets no old ones."""

    async def past(self, subject: Subject, after: float, until: float, most: int | None = None) -> tuple[Reading, ...]:
        """Minutes that ended after `after` and not after `until` (Unix seconds), in order, `most` of the first ones.

        Kept for 31 days. The minute under way is among them, as far as it was measured. Raises Unavailable (READINGS_UNREADABLE).
        """
