"""What was measured of a node or of a stage, and how many measurements become one.

Live readings are of one second, kept ones of a minute; both are the same value, so that means of means are means. It
never needs to know who measures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from winslow.domain.stage import NodeId, ProjectId, StageId


@dataclass(frozen=True, slots=True)
class OfNode:
    """The whole of a node."""

    node: NodeId


@dataclass(frozen=True, slots=True)
class OfStage:
    """One stage's own part of its node."""

    project: ProjectId
    stage: StageId


Subject: TypeAlias = OfNode | OfStage


@dataclass(frozen=True, slots=True)
class GpuReading:
    """What one GPU did. `utilisation` 0 to 1, `memory_used` in bytes, `temperature` in degrees Celsius, `power` in watts.

    What a card does not tell is 0.
    """

    uuid: str
    utilisation: float = 0.0
    memory_used: int = 0
    temperature: float = 0.0
    power: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured in the `seconds` up to `time` (Unix seconds).

    `cpus` are cores in use, `memory` and `disk_used` bytes, rates bytes per second, `load` the load average of a minute (of nodes only).
    A stage's `gpus` are those that it was given.
    """

    subject: Subject
    time: float
    seconds: int
    cpus: float = 0.0
    memory: int = 0
    network_receive_rate: float = 0.0
    network_send_rate: float = 0.0
    disk_read_rate: float = 0.0
    disk_write_rate: float = 0.0
    disk_used: int = 0
    gpus: tuple[GpuReading, ...] = ()
    load: float = 0.0


def mean(readings: Sequence[Reading]) -> Reading:
    """One reading that stands for all of `readings`, of one subject and at least one: each counts for its seconds.

    A GPU that was seen in only some of them is the mean of those.
    """
    last = max(readings, key=lambda one: one.time)

    def of(value: Callable[[Reading], float]) -> float:
        return _weighted((one.seconds, value(one)) for one in readings)

    return Reading(
        subject=last.subject,
        time=last.time,
        seconds=sum(one.seconds for one in readings),
        cpus=of(lambda one: one.cpus),
        memory=round(of(lambda one: one.memory)),
        network_receive_rate=of(lambda one: one.network_receive_rate),
        network_send_rate=of(lambda one: one.network_send_rate),
        disk_read_rate=of(lambda one: one.disk_read_rate),
        disk_write_rate=of(lambda one: one.disk_write_rate),
        disk_used=round(of(lambda one: one.disk_used)),
        gpus=_mean_gpus(readings),
        load=of(lambda one: one.load),
    )


def thinned(readings: Iterable[Reading], start: float, end: float, most: int) -> tuple[Reading, ...]:
    """At most `most` readings in place of those between `start` and `end`: the time is cut into as many equal spans, and
    each that was measured in is its mean. The same times give the same spans, whatever was measured since.
    """
    width = (end - start) / most

    def span(one: Reading) -> int:
        # A reading is of the time before its `time`: one at the very end of a span belongs to that span.
        return min(max(math.ceil((one.time - start) / width) - 1, 0), most - 1) if width > 0 else 0

    in_order = sorted(readings, key=lambda one: one.time)
    return tuple(mean(tuple(group)) for _, group in groupby(in_order, key=span))


def _mean_gpus(readings: Sequence[Reading]) -> tuple[GpuReading, ...]:
    seen: dict[str, list[tuple[int, GpuReading]]] = {}
    for one in readings:
        for gpu in one.gpus:
            seen.setdefault(gpu.uuid, []).append((one.seconds, gpu))
    return tuple(
        GpuReading(
            uuid=uuid,
            utilisation=_weighted((seconds, gpu.utilisation) for seconds, gpu in those),
            memory_used=round(_weighted((seconds, gpu.memory_used) for seconds, gpu in those)),
            temperature=_weighted((seconds, gpu.temperature) for seconds, gpu in those),
            power=_weighted((seconds, gpu.power) for seconds, gpu in those),
        )
        for uuid, those in seen.items()
    )


def _weighted(values: Iterable[tuple[int, float]]) -> float:
    """The mean of (weight, value); weights that are all 0 count as equal."""
    pairs = list(values)
    whole = sum(weight for weight, _ in pairs)
    if not whole:
        return math.fsum(value for _, value in pairs) / len(pairs)
    return math.fsum(weight * value for weight, value in pairs) / whole
