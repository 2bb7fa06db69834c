"""What it takes to branch from a large workspace and end without a change: mounted, unmounted, sealed as a layer.

The floor is the same on an empty workspace, since size shall cost nothing. `big` is 10 GiB in 1,000 files, whose blocks are
set aside and never written; `many` is 1 GiB in 100,000 files. It takes root, and a file system with 12 GiB free.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, median
from storage.beneath import held
from storage.overlay import Look, Overlays
from storage.sealing import Layers
from storage.stop import Stop
from winslow.domain.layers import Chain
from winslow.domain.stage import ProjectId, StageId

BIG = (1_000, 10 << 20)
MANY = (100_000, 10 << 10)
RUNS = 5
_PROJECT = ProjectId("bench")
_A_DIRECTORY = 1_000


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="winslow-bench-") as home:
        empty = _branched(Path(home, "empty"), 0, 0)
        big = _branched(Path(home, "big"), *BIG)
        many = _branched(Path(home, "many"), *MANY)
    return [
        Figure("workspace.layered.big", "s", big, empty, RUNS),
        Figure("workspace.layered.many", "s", many, empty, RUNS),
    ]


def _branched(home: Path, count: int, size: int) -> float:
    """Seconds to branch from a workspace of `count` files of `size` bytes each."""
    base = "projects/bench/base"
    _fill(home / "volume" / base, count, size)
    overlays = Overlays(str(home / "scratch"))
    with held(os.open(home / "volume", os.O_RDONLY)) as root:
        layers = Layers(root)
        return median([_lap(layers, overlays, Chain(base), StageId(f"s{number}")) for number in range(RUNS)])


def _lap(layers: Layers, overlays: Overlays, below: Chain, stage: StageId) -> float:
    began = time.perf_counter()
    try:
        with layers.directories(_PROJECT, below) as lowers:
            overlays.mount(stage, lowers, Look((os.geteuid(), os.getegid())))
        overlays.unmount(stage)
        with held(overlays.open_upper(stage)) as upper:
            layers.seal(_PROJECT, stage, below, upper, Stop())
        return time.perf_counter() - began
    finally:
        overlays.drop(stage, Stop())


def _fill(base: Path, count: int, size: int) -> None:
    base.mkdir(parents=True)
    for number in range(count):
        directory = base / f"{number // _A_DIRECTORY:03}"
        if number % _A_DIRECTORY == 0:
            directory.mkdir()
        with held(os.open(directory / f"{number:06}", os.O_WRONLY | os.O_CREAT, 0o644)) as fd:
            os.posix_fallocate(fd, 0, size)
