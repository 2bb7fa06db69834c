"""Measures the node and its stages each second, keeps the minutes: implements `winslow.ports.Readings`.

One loop, which nothing it measures can stop: the GPUs are read elsewhere, an engine that does not answer costs the stages'
readings of that second. It never needs to know who reads, or how a stage is run.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import replace

import structlog

from winslow.domain.reading import GpuReading, Reading, Subject, mean
from winslow.domain.stage import NodeId, Stage
from winslow.errors import Unavailable
from winslow.ports import StorageState
from winslowd.monitor.host import Host
from winslowd.monitor.minutes import Minutes
from winslowd.monitor.stages import Stages

log = structlog.get_logger(__name__)

EVERY = 1.0
MINUTE = 60.0
STAGES_WITHIN = 0.8
"""Seconds in which the stages must have been measured; the second goes without them then."""


class Monitor:
    """Runs until cancelled. `running` are the stages placed on this node, `gpus` what its GPUs do now."""

    def __init__(
        self,
        node: NodeId,
        host: Host,
        stages: Stages,
        running: Callable[[], Iterable[Stage]],
        gpus: Callable[[], tuple[GpuReading, ...]],
        storage: StorageState,
        minutes: Minutes,
        projects: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._projects = projects
        self._known: frozenset[str] = frozenset()
        """The projects that there were a minute ago."""
        self._node = node
        self._host = host
        self._stages = stages
        self._running = running
        self._gpus = gpus
        self._storage = storage
        self._minutes = minutes
        self._latest: Mapping[Subject, Reading] = {}
        self._measured = asyncio.Event()
        self._minute: dict[Subject, list[Reading]] = {}
        self._written: dict[Subject, list[Reading]] = {}
        """The minute before, while it may not be on disk yet."""
        self._number = 0
        """Of the minute under way, since 1970."""
        self._broken = False

    @property
    def latest(self) -> Mapping[Subject, Reading]:
        return self._latest

    async def live(self) -> AsyncGenerator[Mapping[Subject, Reading], None]:
        while True:
            measured = self._measured
            if self._latest:
                yield self._latest
            await measured.wait()

    async def past(self, subject: Subject, after: float, until: float, most: int | None = None) -> tuple[Reading, ...]:
        unwritten = [mean(minute[subject]) for minute in (self._written, self._minute) if subject in minute]
        try:
            kept = await asyncio.to_thread(self._minutes.between, subject, after, until, most)
        except OSError as error:
            raise Unavailable(
                f"The node's readings cannot be read: {error.strerror}",
                reason="READINGS_UNREADABLE",
                subject=self._node,
                hint="Look at the disk of the node's state directory",
            ) from error
        last = kept[-1].time if kept else after  # it may have been written meanwhile
        return tuple([*kept, *(one for one in unwritten if last < one.time <= until)][:most])

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                # From one due time to the next, so that a second stays a second; those that were slept through are left out.
                due = max(due + EVERY, loop.time())
                await asyncio.sleep(due - loop.time())
                await self.measure()
        finally:
            self._keep(self._minute)

    async def measure(self) -> None:
        """One second."""
        gpus, storage = self._gpus(), self._storage()
        own = replace(self._host.measure(self._node), gpus=gpus, disk_used=max(storage.size - storage.free, 0))
        readings = [own, *await self._of_stages(own.time, gpus)]
        if (number := int(own.time // MINUTE)) != self._number:
            self._written, self._minute, self._number = self._minute, {}, number
            await asyncio.to_thread(self._keep, self._written)
            self._written = {}
            self._known, before = self._projects(), self._known
            if gone := before - self._known:
                await asyncio.to_thread(self._forget, gone)
        for one in readings:
            self._minute.setdefault(one.subject, []).append(one)
        self._latest = {one.subject: one for one in readings}
        self._tell()

    async def _of_stages(self, time: float, gpus: tuple[GpuReading, ...]) -> list[Reading]:
        try:
            async with asyncio.timeout(STAGES_WITHIN):
                return await self._stages.measure(self._running(), time, gpus)
        except TimeoutError:
            return []

    def _keep(self, minute: Mapping[Subject, list[Reading]]) -> None:
        """Write a minute, or as much of it as there was. A full disk is said once, and costs the minutes."""
        if not minute:
            return
        means = [mean(readings) for readings in minute.values()]
        try:
            self._minutes.append(means)
            self._minutes.forget(means[0].time)
        except OSError as error:
            if not self._broken:
                log.warning("readings are not kept", error=str(error))
            self._broken = True
        else:
            self._broken = False

    def _forget(self, gone: frozenset[str]) -> None:
        """Delete what was measured of projects that were deleted: another may have the id tomorrow."""
        try:
            self._minutes.forget_projects(gone)
        except OSError as error:
            log.warning("readings of deleted projects stay until they are old", error=str(error))

    def _tell(self) -> None:
        """Those who wait hold the old event; who comes after waits for the next."""
        self._measured.set()
        self._measured = asyncio.Event()
