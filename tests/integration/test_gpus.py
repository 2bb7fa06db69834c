"""The node's GPUs through the real NVML binding, over a library that answers like a driver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import ROOT
from winslowd.monitor import host
from winslowd.monitor.nvidia import NvidiaGpus

SERVE = """
import dataclasses, json, sys
from pathlib import Path
from winslowd.monitor.nvidia import NvidiaGpus
gpus = NvidiaGpus(Path(sys.argv[1]))
for line in sys.stdin:
    answer = getattr(gpus, line.strip())()
    print(json.dumps([dataclasses.asdict(one) for one in answer or ()], default=lambda value: value.value), flush=True)
"""


class Machine:
    """A machine whose driver is the double; its `NvidiaGpus` live in a process of their own and answer a word at a time."""

    def __init__(self, directory: Path, *flags: str) -> None:
        self.directory = directory
        self.cards = directory / "cards"
        self.cards.mkdir()
        library = str(directory / "libnvidia-ml.so.1")
        source = str(Path(__file__).with_name("nvml_double.c"))
        subprocess.run(["cc", "-shared", "-fPIC", *flags, "-o", library, source, "-ldl"], check=True)
        self._process: subprocess.Popen[str] | None = None

    def ask(self, word: str) -> list[dict[str, Any]]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(self.cards)],
                cwd=ROOT,
                env={**os.environ, "LD_LIBRARY_PATH": str(self.directory)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        while not (line := self._process.stdout.readline()).startswith("["):
            assert line, "it ended"  # structlog writes to stdout where nobody says otherwise
        return json.loads(line)

    def look(self) -> list[str]:
        return [gpu["uuid"] for gpu in self.ask("look")]

    def says(self, name: str, value: int) -> None:
        (self.directory / name).write_text(str(value))

    @property
    def inits(self) -> int:
        return len((self.directory / "inits").read_text())

    def close(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.close()


def test_gpus_are_known_by_uuid_and_one_that_is_lost_is_left_out(machine: Machine) -> None:
    known = {"vendor": "nvidia", "model": "Test GPU", "driver": "560.35"}
    assert machine.ask("look") == [
        {"uuid": "GPU-00000001", "memory": 16 << 30, **known},
        {"uuid": "GPU-00000003", "memory": 64 << 30, **known},
    ]


def test_what_they_do_is_read_and_what_one_cannot_tell_is_nothing(machine: Machine) -> None:
    assert machine.ask("read") == [], "nobody has looked yet"
    machine.look()
    assert machine.ask("read") == [
        {"uuid": "GPU-00000001", "utilisation": 0.25, "memory_used": 1 << 30, "temperature": 61.0, "power": 250.5},
        {"uuid": "GPU-00000003", "utilisation": 0.75, "memory_used": 3 << 30, "temperature": 63.0, "power": 0.0},
    ]


def test_a_driver_that_lacks_a_function_tells_the_rest(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "-DWITHOUT_POWER")
    try:
        machine.look()
        assert [(one["power"], one["temperature"]) for one in machine.ask("read")] == [(0.0, 61.0), (0.0, 63.0)]
    finally:
        machine.close()


def test_nvml_stays_initialised_while_nothing_changes(machine: Machine) -> None:
    machine.says("lost", 9)
    for _ in range(3):
        assert len(machine.look()) == 3
        machine.ask("read")
    assert machine.inits == 1


def test_a_gpu_that_appears_later_is_found_though_nvml_counted_before(machine: Machine) -> None:
    machine.says("lost", 9)
    machine.says("count", 1)
    assert machine.look() == ["GPU-00000001"]
    machine.says("count", 2)
    assert machine.look() == ["GPU-00000001"], "nothing told us, and NVML has counted"
    (machine.cards / "0000:41:00.0").mkdir()
    assert machine.look() == ["GPU-00000001", "GPU-00000002"]
    assert len(machine.ask("read")) == 2


def test_a_gpu_that_is_lost_between_two_looks_is_not_read_and_comes_back(machine: Machine) -> None:
    machine.says("lost", 9)
    machine.look()
    machine.says("lost", 1)
    assert [one["uuid"] for one in machine.ask("read")] == ["GPU-00000002", "GPU-00000003"]
    assert machine.look() == ["GPU-00000002", "GPU-00000003"]
    machine.says("lost", 9)
    assert len(machine.look()) == 3


def test_a_driver_that_goes_takes_the_gpus_with_it(machine: Machine) -> None:
    machine.look()
    machine.ask("close")
    assert machine.ask("read") == []
    assert len(machine.look()) == 2


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="this machine has NVIDIA GPUs")
def test_a_machine_without_a_driver_has_no_gpus_and_loads_no_binding() -> None:
    gpus = NvidiaGpus()
    assert gpus.look() == gpus.read() == ()
    loaded = "import sys; from winslowd.monitor.nvidia import NvidiaGpus; NvidiaGpus().look(); print('pynvml' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False"]


def test_settings_may_offer_less_than_the_machine_has() -> None:
    whole = host.capacity(1000, None, None)
    assert whole.cpus >= 1 and whole.memory > 0 and whole.disk == 1000
    part = host.capacity(1000, 0.5, 1 << 20)
    assert (part.cpus, part.memory) == (0.5, 1 << 20)
    assert host.boot_id() == host.boot_id()
