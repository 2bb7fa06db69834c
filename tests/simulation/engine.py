"""A container engine in memory, with a launcher in every container, and the driver of a daemon over it.

It keeps the promises of `winslow.ports.Driver` as the Docker driver does: a name is given once, the launcher claims the one
launch in the journal's entry, an end is recorded there. What it did is in the ledger, for those who judge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeVar

from tests.simulation.ledger import Ledger
from tests.simulation.machine import Machine
from tests.simulation.mounts import Mount
from tests.simulation.volume import Volume
from winslow.domain.container import ContainerSpec, Exit, Found, Image, Phase, Usage
from winslow.domain.stage import StageId
from winslow.errors import AlreadyExists, Ambiguous, NotFound, Unavailable
from winslowd.docker import exits

T = TypeVar("T")
IMAGE = Image("image", "sha256:0123")
GONE_CODE = 137
SYNC_CLAIM = 0.02
"""Seconds after a launch in which its claim is not on the disk yet."""


@dataclass(frozen=True, slots=True)
class Script:
    """What a stage's process does: writes `lines`, one each `step` seconds, and ends; or heeds SIGTERM, or does not."""

    lines: tuple[str, ...]
    step: float
    end: Exit
    stubborn: bool = False


@dataclass
class Box:
    """A container. `up`: its launcher lives; `over`: it lived and does not any more."""

    spec: ContainerSpec
    script: Script
    client: str
    up: bool = False
    over: bool = False
    running: bool = False
    code: int = 0
    started: float = 0.0
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class Engine:
    """One machine's. `away`: nobody answers; what runs goes on."""

    def __init__(
        self,
        machine: Machine,
        mount: Mount,
        volume: Volume,
        ledger: Ledger,
        script: Callable[[ContainerSpec], Script],
    ) -> None:
        self.machine = machine
        self.boxes: dict[StageId, Box] = {}
        self.away = False
        self._mount = mount
        self._volume = volume
        self._ledger = ledger
        self._script = script
        self._moved = asyncio.Event()

    def moved(self) -> asyncio.Event:
        """Set at the next change."""
        return self._moved

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    # ---- what the driver asks for

    def create(self, spec: ContainerSpec) -> None:
        if spec.stage in self.boxes:
            raise AlreadyExists(f"There is a container for {spec.stage}", reason="CONTAINER_EXISTS", subject=spec.stage)
        self.boxes[spec.stage] = Box(spec, self._script(spec), self._mount.client)
        self._ledger.created(spec.stage, self.machine.id)

    def start(self, stage: StageId) -> None:
        box, entry = self._box(stage), self.machine.disk.entries.get(stage)
        if box.up or (entry and (entry.claimed is not None or entry.exit)):
            return
        box.up, box.over = True, False
        if not box.spec.hold or (entry and entry.released):
            self._launch(box)

    def release(self, stage: StageId) -> None:
        box, entry = self._box(stage), self.machine.disk.entries.get(stage)
        if entry is None:
            raise _gone(stage)
        entry.released = True
        if box.up and not box.running:
            self._launch(box)

    def terminate(self, stage: StageId) -> bool:
        """SIGTERM. Whether anybody is there to hear it."""
        box = self.boxes.get(stage)
        if box is None or not box.up:
            return False
        if not box.running:
            self._end(box, Exit(0, signal=15, launched=False, message="stopped before it was released"))
        elif not box.script.stubborn:
            self._end(box, Exit(0, signal=15))
        return True

    def kill(self, stage: StageId) -> None:
        """SIGKILL: the launcher writes no record."""
        box = self.boxes.get(stage)
        if box is not None and box.up:
            self._die(box)

    def remove(self, stage: StageId) -> None:
        self.kill(stage)
        if self.boxes.pop(stage, None):
            self._wake()

    def phase(self, stage: StageId) -> Phase:
        box, entry = self.boxes.get(stage), self.machine.disk.entries.get(stage)
        if box is None:
            return Phase.GONE
        if box.over:
            return Phase.EXITED
        if not box.up:
            return Phase.CREATED
        return Phase.HELD if box.spec.hold and not (entry and entry.released) else Phase.RUNNING

    def found(self) -> tuple[Found, ...]:
        return tuple(Found(stage, self.phase(stage), dict(box.spec.labels)) for stage, box in self.boxes.items())

    def end_of(self, stage: StageId) -> Exit | None:
        """How it ended, None while that cannot be told. Raises NotFound (CONTAINER_GONE)."""
        box, entry = self.boxes.get(stage), self.machine.disk.entries.get(stage)
        if entry and entry.exit and not (box and box.up):
            return entry.exit
        if self.away:
            return None
        if box is None:
            raise _gone(stage)
        if not box.over:
            return None
        now = self.machine.clock()
        state = exits.EngineState("exited", box.code, "", False, box.started, now)
        return exits.from_engine(state, entry.claimed if entry else None, bool(entry and entry.refused))

    def _box(self, stage: StageId) -> Box:
        if stage not in self.boxes:
            raise _gone(stage)
        return self.boxes[stage]

    # ---- the launcher

    def _launch(self, box: Box) -> None:
        stage, entry = box.spec.stage, self.machine.disk.entries.get(box.spec.stage)
        if entry is None:
            return self._over(box, 1)
        if entry.claimed is not None:
            entry.refused = True
            return self._over(box, exits.REFUSED)
        entry.claimed = box.started = self.machine.clock()
        box.running = True
        self._ledger.launched(stage, self.machine.id)
        self._later(box, SYNC_CLAIM, setattr, entry, "claim_synced", True)
        for number, text in enumerate(box.script.lines):
            self._later(box, box.script.step * (number + 1), self._write, box, number, text)
        self._later(box, box.script.step * (len(box.script.lines) + 1), self._end, box, box.script.end)
        self._wake()

    def _later(self, box: Box, delay: float, act: Callable[..., Any], *arguments: Any) -> None:
        box.timers.append(self.machine.later(delay, act, *arguments))

    def _write(self, box: Box, number: int, text: str) -> None:
        """A process that can write no more fails; what it was bound to stays the mount that it began with."""
        if not self._mount.lets_in(box.client, box.spec.stage):
            return self._end(box, Exit(1))
        mounts = {mount.target: mount.source for mount in box.spec.mounts}
        self._volume.written(mounts["/workspace"], f"file{number}", f"{box.spec.stage} {number}", box.spec.stage)
        self._volume.said(box.spec.log, text)
        self._ledger.said(box.spec.stage, text)

    def _end(self, box: Box, end: Exit) -> None:
        """The process ended, the launcher records how and is gone."""
        entry = self.machine.disk.entries.get(box.spec.stage)
        started = box.started if end.launched else 0.0
        if entry is not None and entry.exit is None:
            entry.exit = replace(end, started_at=started, ended_at=self.machine.clock())
            entry.claim_synced = True
        self._over(box, end.code or (128 + end.signal if end.signal else 0))

    def _die(self, box: Box) -> None:
        self._over(box, GONE_CODE)

    def _over(self, box: Box, code: int) -> None:
        for timer in box.timers:
            timer.cancel()
        if box.running:
            self._ledger.ended(box.spec.stage, self.machine.id)
        box.up, box.over, box.running, box.code = False, True, False, code
        self._wake()

    # ---- what befalls it

    def go_away(self, *, containers_die: bool) -> None:
        self.away = True
        if containers_die:
            self.everything_dies()

    def come_back(self) -> None:
        self.away = False
        self._wake()

    def everything_dies(self) -> None:
        for box in self.boxes.values():
            if box.up:
                self._die(box)


class SimulatedDriver:
    """Implements `winslow.ports.Driver` for one daemon. Calls for one stage reach the engine in the order they were made."""

    def __init__(self, engine: Engine, random: Random) -> None:
        self._engine = engine
        self._machine = engine.machine
        self._random = random
        self._last: dict[str, float] = {}

    async def pull(self, image: str) -> Image:
        return await self._call(lambda: IMAGE)

    async def inspect_image(self, image: str) -> Image | None:
        return await self._call(lambda: IMAGE)

    async def resolve_user(self, image: Image, user: str) -> tuple[int, int]:
        return await self._call(lambda: (1000, 1000))

    async def create(self, spec: ContainerSpec) -> None:
        await self._in_order(spec.stage, self._engine.create, spec)
        if self._random.random() < 0.01:
            raise Ambiguous("The engine was silent", reason="ENGINE_SILENT", subject=spec.stage)

    async def start(self, stage: StageId) -> None:
        await self._in_order(stage, self._engine.start, stage)

    async def release(self, stage: StageId) -> None:
        await self._in_order(stage, self._engine.release, stage)

    async def wait(self, stage: StageId) -> Exit:
        while True:
            moved = self._engine.moved()
            if (end := self._engine.end_of(stage)) is not None:
                return end
            await moved.wait()
            await asyncio.sleep(self._machine.pause() / 4)

    async def stop(self, stage: StageId, grace: float) -> None:
        if not await self._in_order(stage, self._engine.terminate, stage):
            return
        try:
            async with asyncio.timeout(grace):
                await self.wait(stage)
        except TimeoutError:
            await self._in_order(stage, self._engine.kill, stage)
        except NotFound:
            return

    async def remove(self, stage: StageId) -> None:
        await self._in_order(stage, self._engine.remove, stage)

    async def phase(self, stage: StageId) -> Phase:
        return await self._in_order(stage, self._engine.phase, stage)

    async def recover(self) -> tuple[Found, ...]:
        return await self._call(self._engine.found)

    async def elapsed(self, stage: StageId) -> float:
        entry = self._machine.disk.entries.get(stage)
        return self._machine.clock() - entry.claimed if entry and entry.claimed is not None else 0.0

    async def usage(self, stage: StageId) -> Usage | None:
        return None

    async def close(self) -> None:
        return

    async def _in_order(self, stage: StageId, act: Callable[..., T], *arguments: Any) -> T:
        return await self._call(act, *arguments, delay=self._machine.in_order(self._last, stage))

    async def _call(self, act: Callable[..., T], *arguments: Any, delay: float | None = None) -> T:
        def reached() -> T:
            if self._engine.away:
                raise Unavailable("The engine cannot be reached", reason="ENGINE_UNAVAILABLE")
            return act(*arguments)

        return await self._machine.do(self._machine.pause() if delay is None else delay, reached)


def _gone(stage: StageId) -> NotFound:
    return NotFound(f"There is no container for stage {stage} on this node", reason="CONTAINER_GONE", subject=stage)
