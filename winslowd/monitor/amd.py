"""The node's AMD GPUs as the kernel's driver shows them in sysfs: what they are, and what they do.

No library of AMD's is needed, so a node has its AMD GPUs whatever is installed on it. A GPU's UUID here is `AMD-` and the
card's unique id, or its address on the PCI bus where it has none: the Docker driver finds the device by either.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from winslow.domain.reading import GpuReading
from winslow.domain.resources import Gpu, GpuVendor

SYS = Path("/sys")
VENDOR = "0x1002"


class AmdGpus:
    """`sys` is where sysfs is mounted."""

    def __init__(self, sys: Path = SYS) -> None:
        self._sys = sys
        self._devices: dict[str, Path] = {}

    def look(self) -> tuple[Gpu, ...]:
        """Every GPU with memory of its own that is there now."""
        cards = sorted((self._sys / "class/drm").glob("card[0-9]*/device"))
        devices = [card for card in cards if "-" not in card.parent.name and _is_gpu(card)]
        unique = Counter(_unique_id(device) for device in devices)
        driver = _text(self._sys / "module/amdgpu/version") or f"amdgpu of Linux {os.uname().release}"
        self._devices = {_uuid(device, unique): device for device in devices}
        return tuple(
            Gpu(
                uuid=uuid,
                vendor=GpuVendor.AMD,
                model=_text(device / "product_name") or f"AMD GPU {_text(device / 'device')}".rstrip(),
                memory=_number(device / "mem_info_vram_total"),
                driver=driver,
            )
            for uuid, device in self._devices.items()
        )

    def read(self) -> tuple[GpuReading, ...]:
        """What the GPUs of the last look do; those that have gone since are left out."""
        return tuple(_read(uuid, device) for uuid, device in self._devices.items() if _is_gpu(device))

    def close(self) -> None:
        """Nothing is held."""


def _is_gpu(device: Path) -> bool:
    return _text(device / "vendor") == VENDOR and _number(device / "mem_info_vram_total") > 0


def _uuid(device: Path, unique: Counter[str]) -> str:
    """Partitions of one card share its unique id; then only the address tells them apart."""
    id_ = _unique_id(device)
    return f"AMD-{id_ if id_ and unique[id_] == 1 else device.resolve().name}"


def _unique_id(device: Path) -> str:
    """ "" also for the zero of cards that have none."""
    id_ = _text(device / "unique_id").lower().removeprefix("0x")
    return id_ if id_.strip("0") else ""


def _read(uuid: str, device: Path) -> GpuReading:
    sensors = next(iter(sorted((device / "hwmon").glob("hwmon*"))), device / "hwmon/none")
    power = _number(sensors / "power1_average") or _number(sensors / "power1_input")
    return GpuReading(
        uuid=uuid,
        utilisation=_number(device / "gpu_busy_percent") / 100,
        memory_used=_number(device / "mem_info_vram_used"),
        temperature=_number(sensors / "temp1_input") / 1000,
        power=power / 1_000_000,
    )


def _number(path: Path) -> int:
    """0 for what is not there or is no number: not every card has every sensor."""
    text = _text(path)
    return int(text) if text.lstrip("-").isdecimal() else 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
