"""Runs stages in Docker containers: implements `winslow.ports.Driver`.

Why so: a container's name is its stage's id, so the engine refuses a second one; the launcher inside claims the one
launch; and everything this needs after a restart is in the container's labels and its control directory. It never needs
to know of the cluster, of pipelines, or what the stage does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from docker import APIClient

from winslow.domain.container import ContainerSpec, Exit, Found, Image, Phase, Usage
from winslow.domain.stage import StageId
from winslow.errors import (
    AlreadyExists,
    Ambiguous,
    Conflict,
    DeadlineExceeded,
    FailedPrecondition,
    NotFound,
    Unavailable,
)
from winslowd.docker import exits, spec
from winslowd.docker.cgroup import Cgroups
from winslowd.docker.control import Control, Vigil
from winslowd.docker.engine import Engine, Lane
from winslowd.docker.gpus import amd_devices
from winslowd.docker.images import Images

T = TypeVar("T")

LOOK_AGAIN = 5.0
"""Seconds after which the engine is asked although nothing was heard: heals whatever the fast way missed."""
LOOK_SOON = 0.005
"""Seconds before the engine is first asked about a launcher that went without a record; doubles up to LOOK_LATER."""
LOOK_LATER = 1.0
LISTEN_WITHIN = 1.0
"""Seconds a launcher that was just started gets to be able to hear a signal."""
DIE_WITHIN = 30.0
"""Seconds between SIGKILL and giving up: only a process that hangs in the kernel takes longer."""


class DockerDriver:
    """Containers of cluster `cluster` on the engine at `url`, each under the binary `launcher`.

    `control_root`, where given, is where the caller keeps every stage's control directory under the stage's id: then an
    end is known even after the container is gone and the daemon was restarted. `fetched` is called when an image was
    fetched that was not on the node before.
    """

    def __init__(
        self,
        cluster: str,
        launcher: Path,
        control_root: Path | None = None,
        url: str | None = None,
        fetched: Callable[[], None] = lambda: None,
    ) -> None:
        self._cluster = cluster
        self._launcher = launcher
        self._control_root = control_root
        self._engine = Engine(url)
        self._images = Images(self._engine, fetched)
        self._lane = Lane()
        self._controls: dict[StageId, Control] = {}
        self._fresh: set[StageId] = set()
        """Made by us and not started yet."""
        self._cgroups = Cgroups()

    async def pull(self, image: str) -> Image:
        return await self._images.pull(image)

    async def inspect_image(self, image: str) -> Image | None:
        return await self._images.inspect(image)

    async def resolve_user(self, image: Image, user: str) -> tuple[int, int]:
        return await self._images.resolve_user(image, user)

    async def create(self, wanted: ContainerSpec) -> None:
        devices = amd_devices(tuple(uuid for uuid in wanted.gpus if not spec.is_nvidia(uuid)))
        config = spec.container_config(wanted, self._cluster, str(self._launcher), devices)
        try:
            await self._in_order(wanted.stage, lambda client: _create(client, wanted.stage, config))
        except Conflict as error:
            raise _exists(wanted.stage) from error
        except Unavailable as error:
            if error.reason == "ENGINE_SILENT":
                raise Ambiguous(error.message, reason=error.reason, subject=wanted.stage, hint=error.hint) from error
            raise
        except NotFound as error:  # the image went between `pull` and here
            raise FailedPrecondition(error.message, reason="ENGINE_REFUSED", subject=wanted.stage) from error
        self._controls[wanted.stage] = Control(wanted.control)
        self._controls[wanted.stage].prepare(wanted.user)
        self._fresh.add(wanted.stage)

    async def start(self, stage: StageId) -> None:
        if stage in self._fresh:
            self._fresh.remove(stage)  # we have just made it: nothing to look at, and the engine is slow to say so
        elif await self._was_started(stage):
            return
        try:
            await self._in_order(stage, lambda client: client.start(stage))
        except NotFound as error:
            raise _gone(stage) from error
        self._cgroups.forget(stage)

    async def _was_started(self, stage: StageId) -> bool:
        """Whether it is up, or its process was launched; if not, it is ready to be started again."""
        found = await self._inspect(stage)
        if found is None:
            raise _gone(stage)
        control = self._remember(stage, found["Config"]["Labels"])
        state = exits.engine_state(found["State"])
        if state.up or control.started() is not None or control.exit() is not None:
            return True
        uid, _, gid = found["Config"]["User"].partition(":")
        control.prepare((int(uid), int(gid)))
        return False

    async def release(self, stage: StageId) -> None:
        (await self._control(stage)).release()

    async def wait(self, stage: StageId) -> Exit:
        control = await self._patiently(lambda: self._control(stage))
        if control.released:
            control.release()  # a daemon that died between its two halves left the launcher waiting for the second
        with control.vigil() as vigil:
            pause = LOOK_SOON
            while (end := await self._end(stage, control, vigil)) is None:
                if not vigil.ended.is_set():
                    await vigil.wait(LOOK_LATER if vigil.deaf else LOOK_AGAIN)
                    continue
                await asyncio.sleep(pause)  # the launcher is gone; the engine is about to notice
                pause = min(pause * 2, LOOK_LATER)
            return end

    async def stop(self, stage: StageId, grace: float) -> None:
        if not await self._hears(stage) or not await self._signal(stage, "SIGTERM"):
            return
        if await self._ended_within(stage, grace):
            return
        if await self._signal(stage, "SIGKILL") and not await self._ended_within(stage, DIE_WITHIN):
            raise DeadlineExceeded(
                f"Stage {stage} still runs {DIE_WITHIN:g} s after SIGKILL",
                reason="STOP_TIMED_OUT",
                subject=stage,
                hint="A process of it hangs in the kernel, most often on a file system that does not answer; see dmesg",
            )

    async def remove(self, stage: StageId) -> None:
        try:
            await self._in_order(stage, lambda client: client.remove_container(stage, force=True, v=True))
        except NotFound:
            pass
        except Conflict:  # somebody else is removing it: then it is on its way
            await self._until_gone(stage)
        self._fresh.discard(stage)
        self._cgroups.forget(stage)
        if self._control_root is not None:
            self._controls.pop(stage, None)

    async def phase(self, stage: StageId) -> Phase:
        found = await self._inspect(stage)
        if found is None:
            return Phase.GONE
        control = self._remember(stage, found["Config"]["Labels"])
        return _phase(found["Config"]["Labels"], exits.engine_state(found["State"]), control)

    async def recover(self) -> tuple[Found, ...]:
        wanted = {"label": [f"{spec.LABEL_CLUSTER}={self._cluster}", spec.LABEL_STAGE]}
        listed = await self._engine.call(lambda client: client.containers(all=True, filters=wanted))
        return tuple(self._found(entry) for entry in listed)

    def _found(self, entry: Mapping[str, Any]) -> Found:
        labels = entry["Labels"]
        stage = StageId(labels[spec.LABEL_STAGE])
        state = exits.engine_state({"Status": entry["State"]})
        return Found(stage, _phase(labels, state, self._remember(stage, labels)), dict(labels))

    async def elapsed(self, stage: StageId) -> float:
        return (await self._control(stage)).elapsed()

    async def usage(self, stage: StageId) -> Usage | None:
        """Asks the engine once where the container's cgroup is, and then only reads there."""
        return await self._cgroups.usage(stage, lambda: self._pid(stage))

    async def list_images(self) -> frozenset[str]:
        return await self._images.names()

    async def close(self) -> None:
        self._images.close()
        self._engine.close()

    async def _in_order(self, stage: StageId, action: Callable[[APIClient], T]) -> T:
        return await self._lane.run(stage, lambda: self._engine.call(action))

    async def _pid(self, stage: StageId) -> int:
        """Of the container's first process, as the node sees it; 0 while there is none."""
        found = await self._inspect(stage)
        return int(found["State"].get("Pid") or 0) if found else 0

    async def _inspect(self, stage: StageId) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = await self._engine.call(lambda client: client.inspect_container(stage))
        except NotFound:
            return None
        labels = found["Config"]["Labels"] or {}
        return found if labels.get(spec.LABEL_CLUSTER) == self._cluster and spec.LABEL_STAGE in labels else None

    async def _control(self, stage: StageId) -> Control:
        """From memory, else from the container, else from where the caller keeps them. Raises NotFound (CONTAINER_GONE)."""
        known = self._controls.get(stage)
        if known is not None:
            return known
        found = await self._inspect(stage)
        if found is not None:
            return self._remember(stage, found["Config"]["Labels"])
        if self._control_root is not None and (self._control_root / stage).is_dir():
            return Control(str(self._control_root / stage))
        raise _gone(stage)

    def _remember(self, stage: StageId, labels: Mapping[str, str]) -> Control:
        return self._controls.setdefault(stage, Control(labels.get(spec.LABEL_CONTROL, "/nonexistent")))

    async def _end(self, stage: StageId, control: Control, vigil: Vigil) -> Exit | None:
        """How it ended, or None while that cannot be told. A record is believed only when no launcher is left to write one."""
        if vigil.silent() and (recorded := _recorded(control)):
            return recorded
        try:
            found = await self._inspect(stage)
        except (Unavailable, FailedPrecondition):  # away, or going or coming: it will say
            return None
        if found is None:
            if recorded := _recorded(control):
                return recorded
            raise _gone(stage)
        state = exits.engine_state(found["State"])
        if not state.over:
            return None
        return _recorded(control) or exits.from_engine(state, control.started(), control.refused())

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """An engine that is away says nothing about a stage: ask until it is back."""
        while True:
            try:
                return await ask()
            except (Unavailable, FailedPrecondition):
                await asyncio.sleep(LOOK_LATER)

    async def _hears(self, stage: StageId) -> bool:
        """Whether it runs; waits for a launcher that is just coming up, since the kernel drops signals to it before."""
        found = await self._inspect(stage)
        if found is None or not exits.engine_state(found["State"]).up:
            return False
        control = self._remember(stage, found["Config"]["Labels"])
        with control.vigil() as vigil:
            for _ in range(round(LISTEN_WITHIN / LOOK_SOON)):
                if not vigil.silent():
                    return True
                if control.exit() is not None:  # it has ended, the engine has only not noticed yet
                    return False
                await asyncio.sleep(LOOK_SOON)
        return True

    async def _signal(self, stage: StageId, signal: str) -> bool:
        """False when there is no running process to tell."""
        try:
            await self._in_order(stage, lambda client: client.kill(stage, signal))
        except (NotFound, Conflict):
            return False
        return True

    async def _ended_within(self, stage: StageId, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.wait(stage)
        except TimeoutError:
            return False
        except NotFound:
            return True
        return True

    async def _until_gone(self, stage: StageId) -> None:
        while await self._inspect(stage) is not None:
            await asyncio.sleep(LOOK_SOON * 10)


def _create(client: APIClient, stage: StageId, config: dict[str, Any]) -> None:
    client.create_container_from_config(config, stage)  # type: ignore[no-untyped-call]


def _phase(labels: Mapping[str, str], state: exits.EngineState, control: Control) -> Phase:
    if state.over:
        return Phase.EXITED
    if not state.up:
        return Phase.CREATED
    held = labels.get(spec.LABEL_HOLD) == "1" and not control.released
    return Phase.HELD if held else Phase.RUNNING


def _recorded(control: Control) -> Exit | None:
    record = control.exit()
    return None if record is None else exits.from_record(record)


def _gone(stage: StageId) -> NotFound:
    return NotFound(f"There is no container for stage {stage} on this node", reason="CONTAINER_GONE", subject=stage)


def _exists(stage: StageId) -> AlreadyExists:
    return AlreadyExists(
        f"There already is a container for stage {stage} on this node", reason="CONTAINER_EXISTS", subject=stage
    )
