"""Stages: what each used from one second to the next, as its driver tells it.

It never needs to know where a driver has that from. A stage's GPUs are its own while it runs, so what they do is its doing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from winslow.domain.container import Usage
from winslow.domain.reading import GpuReading, OfStage, Reading
from winslow.domain.stage import Stage, StageId, State
from winslow.errors import WinslowError
from winslow.ports import Clock
from winslowd.monitor.host import rate

log = structlog.get_logger(__name__)

JUST = 2.0
"""Seconds in which a stage's beginning is reckoned with its first measurement."""

UsageOf = Callable[[StageId], Awaitable[Usage | None]]


class Stages:
    """Measures from one call to the next. `steady` is a clock that never goes back."""

    def __init__(self, usage: UsageOf, steady: Clock) -> None:
        self._usage = usage
        self._steady = steady
        self._before: dict[StageId, tuple[float, Usage]] = {}

    async def measure(self, stages: Iterable[Stage], time: float, gpus: tuple[GpuReading, ...]) -> list[Reading]:
        """Of those that run, what they used since the last call, or since they began. What ran before this daemon did is
        only seen the first time, and told the next.
        """
        running = [stage for stage in stages if stage.state is State.RUNNING]
        used = await asyncio.gather(*(self._used(stage.id) for stage in running))
        before, self._before = self._before, {}
        readings = []
        for stage, now in zip(running, used, strict=True):
            if now is None:
                continue
            self._before[stage.id] = now
            if since := before.get(stage.id) or _beginning(stage, now[0], time):
                readings.append(_reading(stage, since, now, time, gpus))
        return readings

    async def _used(self, stage: StageId) -> tuple[float, Usage] | None:
        try:
            used = await self._usage(stage)
        except WinslowError as error:
            log.debug("a stage was not measured", stage=stage, error=str(error))
            return None
        return (self._steady(), used) if used else None


def _beginning(stage: Stage, steady: float, time: float) -> tuple[float, Usage] | None:
    """When a stage that has just begun had used nothing."""
    age = time - stage.started_at if stage.started_at else 0.0
    return (steady - age, Usage(0.0, 0)) if 0 < age <= JUST else None


def _reading(
    stage: Stage, before: tuple[float, Usage], now: tuple[float, Usage], time: float, gpus: tuple[GpuReading, ...]
) -> Reading:
    seconds = max(now[0] - before[0], 1e-3)
    old, new = before[1], now[1]
    return Reading(
        subject=OfStage(stage.project, stage.id),
        time=time,
        seconds=max(round(seconds), 1),
        cpus=max(new.cpu_seconds - old.cpu_seconds, 0.0) / seconds,
        memory=new.memory,
        network_receive_rate=rate(old.received, new.received, seconds),
        network_send_rate=rate(old.sent, new.sent, seconds),
        disk_read_rate=rate(old.read, new.read, seconds),
        disk_write_rate=rate(old.written, new.written, seconds),
        gpus=tuple(gpu for gpu in gpus if gpu.uuid in stage.gpus),
    )
