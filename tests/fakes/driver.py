"""A driver in memory that keeps the promises of `winslow.ports.Driver`; tests/contract/test_driver.py holds it to them.

What a stage's process does is a `Script`; unless told otherwise it runs until `finish`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from winslow.domain.container import ContainerSpec, Exit, Found, Image, Phase, Usage
from winslow.domain.stage import StageId
from winslow.errors import AlreadyExists, NotFound, Unavailable
from winslow.ports import Clock


@dataclass(frozen=True, slots=True)
class Script:
    """What a process does: `end` at once, or run on when that is None; on SIGTERM end with `terminated`, or ignore it."""

    end: Exit | None = None
    terminated: Exit | None = field(default_factory=lambda: Exit(0, signal=15))


@dataclass
class Container:
    spec: ContainerSpec
    script: Script
    phase: Phase = Phase.CREATED
    released: bool = False
    started_at: float = 0.0
    exit: Exit | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class FakeDriver:
    """Containers of one node that need no engine.

    `images` are on the node; `registry` can be pulled, once `registry_open` is set. `away` makes every call but `wait`
    fail as without an engine. `launches` counts how often each stage's process began, `pulls` how often an image was fetched.
    """

    def __init__(self, clock: Clock = time.time, script: Callable[[ContainerSpec], Script] | None = None) -> None:
        self.images: dict[str, Image] = {}
        self.registry: dict[str, Image] = {}
        self.registry_open = asyncio.Event()
        self.registry_open.set()
        self.users: dict[str, tuple[int, int]] = {}
        self.containers: dict[StageId, Container] = {}
        self.launches: dict[StageId, int] = {}
        self.pulls: dict[str, int] = {}
        self.away = False
        self._records: dict[StageId, Exit] = {}
        self._clock = clock
        self._script = script or (lambda _: Script())

    def finish(self, stage: StageId, end: Exit) -> None:
        """The stage's process ends by itself, now. Times of `end` that are 0 become those of this run."""
        container = self.containers[stage]
        assert container.phase is Phase.RUNNING, f"{stage} is {container.phase.value}"
        self._end(container, end)

    def vanish(self, stage: StageId) -> None:
        """The container goes without a trace, as when somebody removes it by hand."""
        self.containers.pop(stage).ended.set()

    def fall(self, stage: StageId) -> None:
        """The engine dies under a container that waits for its turn: it is dead, and nothing was launched in it."""
        container = self.containers[stage]
        assert container.phase is Phase.HELD, f"{stage} is {container.phase.value}"
        self._end(container, Exit(137, signal=9, launched=False, message="killed before it was released"))

    async def pull(self, image: str) -> Image:
        self._reach()
        if image not in self.images:
            await self.registry_open.wait()
            if image not in self.registry:
                raise NotFound(f"The image {image} is missing", reason="IMAGE_MISSING", subject=image, hint="Load it")
            if image not in self.images:
                self.pulls[image] = self.pulls.get(image, 0) + 1
                self.images[image] = self.registry[image]
        return self.images[image]

    async def inspect_image(self, image: str) -> Image | None:
        self._reach()
        return self.images.get(image)

    async def list_images(self) -> frozenset[str]:
        self._reach()
        return frozenset(self.images)

    async def resolve_user(self, image: Image, user: str) -> tuple[int, int]:
        self._reach()
        uid, _, gid = user.partition(":")
        if user in self.users:
            return self.users[user]
        if uid.isdecimal() and (gid.isdecimal() or not gid):
            return int(uid), int(gid or 0)
        raise NotFound(f"The image has no user {user!r}", reason="USER_MISSING", subject=user)

    async def create(self, spec: ContainerSpec) -> None:
        self._reach()
        if spec.stage in self.containers:
            raise AlreadyExists(f"There is a container for {spec.stage}", reason="CONTAINER_EXISTS", subject=spec.stage)
        if spec.stage not in self.launches:
            self._records.pop(spec.stage, None)
        self.containers[spec.stage] = Container(spec, self._script(spec))

    async def start(self, stage: StageId) -> None:
        container = self._container(stage)
        if container.phase is not Phase.CREATED:
            return
        container.phase = Phase.HELD
        if container.released or not container.spec.hold:
            self._launch(container)

    async def release(self, stage: StageId) -> None:
        container = self._container(stage)
        container.released = True
        if container.phase is Phase.HELD:
            self._launch(container)

    async def wait(self, stage: StageId) -> Exit:
        container = self.containers.get(stage)
        if container is not None:
            await container.ended.wait()
        if stage in self._records:
            return self._records[stage]
        raise self._gone(stage)

    async def stop(self, stage: StageId, grace: float) -> None:
        self._reach()
        container = self.containers.get(stage)
        if container is None or container.phase in (Phase.CREATED, Phase.EXITED):
            return
        if container.phase is Phase.HELD:
            return self._end(container, Exit(0, signal=15, launched=False, message="stopped before it was released"))
        if container.script.terminated is not None:
            return self._end(container, container.script.terminated)
        try:
            async with asyncio.timeout(grace):
                await container.ended.wait()
        except TimeoutError:
            self._end(container, Exit(0, signal=9))

    async def remove(self, stage: StageId) -> None:
        self._reach()
        container = self.containers.pop(stage, None)
        if container is not None:
            container.ended.set()

    async def phase(self, stage: StageId) -> Phase:
        self._reach()
        return self.containers[stage].phase if stage in self.containers else Phase.GONE

    async def recover(self) -> tuple[Found, ...]:
        self._reach()
        return tuple(Found(stage, found.phase, dict(found.spec.labels)) for stage, found in self.containers.items())

    async def elapsed(self, stage: StageId) -> float:
        container = self.containers.get(stage)
        return max(self._clock() - container.started_at, 0.0) if container and container.started_at else 0.0

    async def usage(self, stage: StageId) -> Usage | None:
        self._reach()
        container = self.containers.get(stage)
        if container is None or container.phase not in (Phase.RUNNING, Phase.HELD):
            return None
        return Usage(cpu_seconds=max(self._clock() - container.started_at, 0.0), memory=1 << 20)

    async def close(self) -> None:
        return

    def _launch(self, container: Container) -> None:
        stage = container.spec.stage
        self.launches[stage] = self.launches.get(stage, 0) + 1
        container.phase = Phase.RUNNING
        container.started_at = self._clock()
        if container.script.end is not None:
            self._end(container, container.script.end)

    def _end(self, container: Container, end: Exit) -> None:
        times = {"started_at": end.started_at or container.started_at, "ended_at": end.ended_at or self._clock()}
        container.exit = replace(end, **times)
        container.phase = Phase.EXITED
        self._records[container.spec.stage] = container.exit
        container.ended.set()

    def _container(self, stage: StageId) -> Container:
        self._reach()
        if stage not in self.containers:
            raise self._gone(stage)
        return self.containers[stage]

    def _gone(self, stage: StageId) -> NotFound:
        return NotFound(f"There is no container for stage {stage}", reason="CONTAINER_GONE", subject=stage)

    def _reach(self) -> None:
        if self.away:
            raise Unavailable("The engine cannot be reached", reason="ENGINE_UNAVAILABLE", subject="fake")
