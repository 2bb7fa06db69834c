"""The node's GPUs through the real NVML binding, over a library that answers like a driver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from winslowd.monitor import host
from winslowd.monitor.gpus import nvidia_gpus

ASK = """
import json
from winslowd.monitor.gpus import nvidia_gpus
print(json.dumps([[gpu.uuid, gpu.model, gpu.memory, gpu.driver] for gpu in nvidia_gpus()]))
"""


@pytest.fixture
def driver(tmp_path: Path) -> Path:
    source = Path(__file__).with_name("nvml_double.c")
    command = ["cc", "-shared", "-fPIC", "-o", str(tmp_path / "libnvidia-ml.so.1"), str(source)]
    subprocess.run(command, check=True)
    return tmp_path


def test_gpus_are_known_by_uuid_and_one_that_is_lost_is_left_out(driver: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, "LD_LIBRARY_PATH": str(driver)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(told.stdout.splitlines()[-1]) == [
        ["GPU-00000001", "Test GPU", 16 << 30, "560.35"],
        ["GPU-00000003", "Test GPU", 64 << 30, "560.35"],
    ]


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="this machine has NVIDIA GPUs")
def test_a_machine_without_a_driver_has_no_gpus() -> None:
    assert nvidia_gpus() == ()


def test_the_machine_is_read_and_settings_may_offer_less_of_it(tmp_path: Path) -> None:
    whole = host.capacity(tmp_path, None, None)
    assert whole.cpus >= 1 and whole.memory > 0 and whole.disk > 0
    part = host.capacity(tmp_path, 0.5, 1 << 20)
    assert (part.cpus, part.memory) == (0.5, 1 << 20)
    assert host.boot_id() == host.boot_id()
