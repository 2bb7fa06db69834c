"""What the machine has: cores, memory, disk, GPUs, and which boot this is."""

from __future__ import annotations

from pathlib import Path

import psutil

from winslow.domain.resources import Capacity
from winslowd.monitor.gpus import nvidia_gpus


def capacity(volume: Path, cpus: float | None, memory: int | None) -> Capacity:
    """What stages may use in all; `cpus` and `memory` of the settings, where given, instead of all there is."""
    return Capacity(
        cpus=cpus or float(psutil.cpu_count() or 1),
        memory=memory or int(psutil.virtual_memory().total),
        disk=int(psutil.disk_usage(str(volume)).total),
        gpus=nvidia_gpus(),
    )


def boot_id() -> str:
    """The kernel's id of this boot; "" where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
