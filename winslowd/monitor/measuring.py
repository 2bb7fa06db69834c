"""All that is measured on a node, put together: what a daemon needs of this package is here.

It never needs to know how a stage is run, or what becomes of what it measures.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from winslow.domain.node import Node
from winslow.domain.records import Kind
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId
from winslow.ports import Driver, StorageState, Store
from winslowd.monitor import host
from winslowd.monitor.gpus import Gpus
from winslowd.monitor.host import Host
from winslowd.monitor.minutes import Minutes
from winslowd.monitor.monitor import Monitor
from winslowd.monitor.offering import Offering
from winslowd.monitor.pulse import Pulse
from winslowd.monitor.stages import Stages


class Measuring:
    """`cpus` and `memory` are settings, for stages that may have less than all of the machine."""

    def __init__(
        self,
        node: NodeId,
        store: Store,
        driver: Driver,
        storage: StorageState,
        gpus: Gpus,
        minutes: Minutes,
        *,
        cpus: float | None = None,
        memory: int | None = None,
    ) -> None:
        self.readings = Monitor(
            node,
            Host(),
            Stages(driver.usage, time.monotonic),
            lambda: store.view.live_on(node),
            lambda: gpus.readings,
            storage,
            minutes,
            lambda: frozenset(store.view.all(Kind.PROJECT)),
        )
        self._pulse = Pulse(driver.recover)
        self._gpus = gpus
        self._storage = storage
        self._cpus, self._memory = cpus, memory

    def capacity(self) -> Capacity:
        """What stages may use in all, as it was found last; no disk before the volume was. Answers at once."""
        return host.capacity(self._storage().size, self._cpus, self._memory, self._gpus.present)

    def offering(self, node: Node) -> Offering:
        """What makes the node's offers."""
        return Offering(node, self.readings, lambda: self._gpus.present, self._storage, lambda: self._pulse.fault)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.readings.run(), name="monitor: each second")
            group.create_task(self._pulse.run(), name="monitor: the engine's pulse")


@asynccontextmanager
async def open_measuring(
    node: NodeId,
    store: Store,
    driver: Driver,
    storage: StorageState,
    *,
    directory: Path,
    cpus: float | None,
    memory: int | None,
) -> AsyncIterator[Measuring]:
    """Knows the node's GPUs when the body begins. Minutes are kept in `directory`."""
    gpus = Gpus()
    gpus.start()
    try:
        await asyncio.to_thread(gpus.wait)
        minutes = Minutes(directory)
        yield Measuring(node, store, driver, storage, gpus, minutes, cpus=cpus, memory=memory)
    finally:
        gpus.stop()
