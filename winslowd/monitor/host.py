"""The machine: what it has, which boot this is, and what it does from one second to the next.

Everything is read from the kernel's counters; no process is looked at, and neither is the volume, which may hang. It
never needs to know what a stage is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from winslow.domain.reading import OfNode, Reading
from winslow.domain.resources import Capacity, Gpu
from winslow.domain.stage import NodeId
from winslow.ports import Clock

SYS = Path("/sys")


def capacity(disk: int, cpus: float | None, memory: int | None, gpus: tuple[Gpu, ...] = ()) -> Capacity:
    """What stages may use in all; `cpus` and `memory` of the settings, where given, instead of all there is."""
    return Capacity(cpus=cpus or cores(), memory=memory or memory_size(), disk=disk, gpus=gpus)


def cores() -> float:
    return float(psutil.cpu_count() or 1)


def memory_size() -> int:
    return int(psutil.virtual_memory().total)


def boot_id() -> str:
    """The kernel's id of this boot; "" where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Counters:
    """What the kernel has counted since boot: seconds of all processors, and bytes."""

    at: float
    busy: float
    total: float
    received: int
    sent: int
    read: int
    written: int


class Host:
    """Measures from one call to the next. `steady` is a clock that never goes back."""

    def __init__(self, clock: Clock = time.time, steady: Clock = time.monotonic, sys: Path = SYS) -> None:
        self._clock = clock
        self._steady = steady
        self._networks = Devices(sys / "class/net", not_the_machines_own)
        self._disks = Devices(sys / "block", lambda name: name.startswith(("loop", "ram", "zram", "dm-")))
        self._before = self._count()

    def measure(self, node: NodeId) -> Reading:
        """What the machine did since the last call, in well under a millisecond."""
        before, now = self._before, self._count()
        self._before = now
        seconds = max(now.at - before.at, 1e-3)
        total = max(now.total - before.total, 1e-9)
        memory = psutil.virtual_memory()
        return Reading(
            subject=OfNode(node),
            time=self._clock(),
            seconds=max(round(seconds), 1),
            cpus=min(max((now.busy - before.busy) / total, 0.0), 1.0) * cores(),
            memory=int(memory.total - memory.available),
            network_receive_rate=rate(before.received, now.received, seconds),
            network_send_rate=rate(before.sent, now.sent, seconds),
            disk_read_rate=rate(before.read, now.read, seconds),
            disk_write_rate=rate(before.written, now.written, seconds),
            load=os.getloadavg()[0],
        )

    def _count(self) -> Counters:
        times = psutil.cpu_times()
        # A guest's time is in `user` already; what a hypervisor gave to others is not there to be used.
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        networks = self._networks.own(psutil.net_io_counters(pernic=True, nowrap=False))
        disks = self._disks.own(psutil.disk_io_counters(perdisk=True, nowrap=False) or {})
        return Counters(
            at=self._steady(),
            busy=total - times.idle - getattr(times, "iowait", 0.0),
            total=total,
            received=sum(one.bytes_recv for one in networks),
            sent=sum(one.bytes_sent for one in networks),
            read=sum(one.read_bytes for one in disks),
            written=sum(one.write_bytes for one in disks),
        )


class Devices:
    """Tells the machine's own devices from those that only pass on to them: bridges, partitions, mapped disks.

    Its own are those behind which there is hardware; on a machine that has none, as a container, all but those that `passes_on`.
    """

    def __init__(self, directory: Path, passes_on: Callable[[str], bool]) -> None:
        self._directory = directory
        self._passes_on = passes_on
        self._names: frozenset[str] = frozenset()
        self._own: tuple[str, ...] = ()

    def own(self, counters: Mapping[str, Any]) -> Iterable[Any]:
        if (names := frozenset(counters)) != self._names:
            self._names = names
            hardware = [name for name in names if (self._directory / name / "device").exists()]
            self._own = tuple(hardware or (name for name in names if not self._passes_on(name)))
        return [counters[name] for name in self._own]


def not_the_machines_own(network: str) -> bool:
    return network == "lo" or network.startswith(("docker", "br-", "veth", "virbr"))


def rate(before: int, now: int, seconds: float) -> float:
    """Bytes per second. A counter that went back began anew, as one does when a device is plugged in again."""
    return max(now - before, 0) / seconds
