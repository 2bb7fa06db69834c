"""AMD GPUs, from a tree as the kernel's driver makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from winslow.domain.reading import GpuReading
from winslow.domain.resources import Gpu, GpuVendor
from winslowd.docker.gpus import amd_devices
from winslowd.monitor.amd import AmdGpus

GIB = 1 << 30


class Sysfs:
    """A machine's /sys, to which cards are added."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.drm = root / "class/drm"
        self.drm.mkdir(parents=True)

    def card(self, number: int, address: str, **files: object) -> Path:
        """Files of the device; a name's `__` is a slash. `vendor` is AMD unless it is given."""
        device = self.root / "devices" / address
        device.mkdir(parents=True)
        for name, value in {"vendor": "0x1002", "device": "0x74a1", **files}.items():
            path = device / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{value}\n")
        for node in (f"card{number}", f"renderD{128 + number}"):
            (self.drm / node).mkdir()
            (self.drm / node / "device").symlink_to(device)
        (self.drm / f"card{number}-DP-1").mkdir()
        return device


@pytest.fixture
def sysfs(tmp_path: Path) -> Sysfs:
    return Sysfs(tmp_path / "sys")


def mi300(sysfs: Sysfs, number: int = 0, address: str = "0000:03:00.0", **files: object) -> Path:
    given = {
        "unique_id": "9f3a1c0d5e6b7788",
        "product_name": "AMD Instinct MI300X",
        "mem_info_vram_total": 192 * GIB,
        "mem_info_vram_used": 3 * GIB,
        "gpu_busy_percent": 87,
        "hwmon__hwmon4__temp1_input": 61_000,
        "hwmon__hwmon4__power1_average": 512_500_000,
        **files,
    }
    return sysfs.card(number, address, **{name: value for name, value in given.items() if value is not None})


def test_a_card_is_known_by_its_unique_id_and_read(sysfs: Sysfs) -> None:
    mi300(sysfs)
    (sysfs.root / "module/amdgpu").mkdir(parents=True)
    (sysfs.root / "module/amdgpu/version").write_text("6.12.12\n")
    gpus = AmdGpus(sysfs.root)
    assert gpus.look() == (Gpu("AMD-9f3a1c0d5e6b7788", GpuVendor.AMD, "AMD Instinct MI300X", 192 * GIB, "6.12.12"),)
    assert gpus.read() == (GpuReading("AMD-9f3a1c0d5e6b7788", 0.87, 3 * GIB, 61.0, 512.5),)


def test_a_card_that_tells_little_is_known_by_its_address(sysfs: Sysfs) -> None:
    mi300(
        sysfs,
        unique_id=None,
        product_name=None,
        gpu_busy_percent=None,
        hwmon__hwmon4__temp1_input=None,
        hwmon__hwmon4__power1_average=None,
    )
    gpus = AmdGpus(sysfs.root)
    (gpu,) = gpus.look()
    assert (gpu.uuid, gpu.model) == ("AMD-0000:03:00.0", "AMD GPU 0x74a1")
    assert gpu.driver.startswith("amdgpu of Linux ")
    assert gpus.read() == (GpuReading("AMD-0000:03:00.0", 0.0, 3 * GIB),)


def test_partitions_that_share_an_id_are_told_apart(sysfs: Sysfs) -> None:
    mi300(sysfs, 0, "0000:03:00.0")
    mi300(sysfs, 1, "0000:04:00.0")
    assert [gpu.uuid for gpu in AmdGpus(sysfs.root).look()] == ["AMD-0000:03:00.0", "AMD-0000:04:00.0"]


def test_cards_of_others_and_graphics_without_memory_are_left_out(sysfs: Sysfs) -> None:
    mi300(sysfs, 0, "0000:01:00.0", vendor="0x10de")
    mi300(sysfs, 1, "0000:02:00.0", mem_info_vram_total=None)
    assert AmdGpus(sysfs.root).look() == ()


def test_a_card_that_appears_is_found_and_one_that_goes_is_not_read(sysfs: Sysfs) -> None:
    gpus = AmdGpus(sysfs.root)
    assert gpus.look() == gpus.read() == ()
    device = mi300(sysfs)
    assert len(gpus.look()) == 1
    (device / "vendor").unlink()
    assert gpus.read() == ()
    assert gpus.look() == ()


@pytest.mark.parametrize("ids", [("9f3a1c0d5e6b7788", "11aa22bb33cc44dd"), (None, None), ("0x0", "0x0"), ("7f", "7f")])
def test_the_docker_driver_finds_the_device_of_what_is_registered(
    sysfs: Sysfs, ids: tuple[str | None, str | None]
) -> None:
    mi300(sysfs, 0, "0000:0a:00.0", unique_id=ids[0])
    mi300(sysfs, 1, "0000:0b:00.0", unique_id=ids[1])
    dev = sysfs.root / "dev"
    (dev / "dri").mkdir(parents=True)
    for name in ("kfd", "dri/renderD128", "dri/renderD129"):
        (dev / name).touch()
    uuids = [gpu.uuid for gpu in AmdGpus(sysfs.root).look()]
    for uuid, node in zip(uuids, ("renderD128", "renderD129"), strict=True):
        assert [Path(one.path).name for one in amd_devices((uuid,), sysfs.drm, dev)] == ["kfd", node]


def test_a_machine_without_graphics_has_none(tmp_path: Path) -> None:
    assert AmdGpus(tmp_path).look() == ()
