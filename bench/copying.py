"""What `winslowctl cp` takes from start to end, for one large file both ways and for many small ones, beside dd, cat and cp.

The floors are measured in the same run on the same file system, each beside the copy that it is held against: `dd` to a new file
with fsync for an upload, `cat` into a new file for a download, `cp -r` for small files. The best of the runs stands for each, since
what disturbs a run only makes it longer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure
from bench.stage import spec
from tests.daemon import ROOT, Daemon

SIZE = 2 << 30
SMALL_COUNT, SMALL_SIZE = 5_000, 10 << 10
RUNS = 3
_BLOCK = 1 << 20


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="winslow-bench-") as home, Daemon(Path(home, "dev")) as daemon:
        with daemon.client() as client:
            project = client.projects.create("copying", spec=spec("bench", ["only"], ["true"])).name
        place = Path(home, "here")
        place.mkdir()
        return [*_large(daemon, place, project), *_small(daemon, place, project)]


def _large(daemon: Daemon, place: Path, project: str) -> list[Figure]:
    source, beside, back = place / "large", place / "beside", place / "back"
    with source.open("wb") as file:
        for _ in range(SIZE // _BLOCK):
            file.write(os.urandom(_BLOCK))
        os.fsync(file.fileno())
    rates: dict[str, list[float]] = {"dd": [], "up": [], "cat": [], "down": []}
    remote = f"winslow:{project}/input/large"
    for _ in range(RUNS):
        rates["dd"].append(_rate(["dd", f"if={source}", f"of={beside}", "bs=1M", "conv=fsync", "status=none"], beside))
        rates["up"].append(_rate(_ctl("cp", "--quiet", str(source), remote), None, daemon))
        rates["cat"].append(_rate(["sh", "-c", f"cat {source} > {beside}"], beside))
        rates["down"].append(_rate(_ctl("cp", "--quiet", remote, str(back)), back, daemon))
        _run(_ctl("rm", "--yes", remote), daemon)
    source.unlink()
    best = {name: max(found) for name, found in rates.items()}
    return [
        Figure("cp.upload.rate", "MiB/s", best["up"], best["dd"], RUNS),
        Figure("cp.download.rate", "MiB/s", best["down"], best["cat"], RUNS),
    ]


def _small(daemon: Daemon, place: Path, project: str) -> list[Figure]:
    source = place / "small"
    for number in range(SMALL_COUNT):
        directory = source / f"{number // 1000}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{number:05}").write_bytes(os.urandom(SMALL_SIZE))
    remote = f"winslow:{project}/input/small"
    ups, downs, again, floors = [], [], [], []
    for _ in range(RUNS):
        floors.append(SMALL_COUNT / _seconds(["cp", "-r", str(source), str(place / "beside")]))
        ups.append(SMALL_COUNT / _seconds(_ctl("cp", "-rq", f"{source}/", remote), daemon))
        again.append(SMALL_COUNT / _seconds(_ctl("cp", "-rq", f"{source}/", remote), daemon))
        downs.append(SMALL_COUNT / _seconds(_ctl("cp", "-rq", remote, str(place / "back")), daemon))
        for made in ("beside", "back"):
            shutil.rmtree(place / made)
        _run(_ctl("rm", "-r", "--yes", remote), daemon)
    return [
        Figure("cp.small_files.upload", "files/s", max(ups), max(floors), RUNS),
        Figure("cp.small_files.download", "files/s", max(downs), max(floors), RUNS),
        Figure("cp.small_files.unchanged", "files/s", max(again), None, RUNS),
    ]


def _rate(command: Sequence[str], made: Path | None, daemon: Daemon | None = None) -> float:
    """MiB a second, start and end of the program with it."""
    rate = SIZE / _BLOCK / _seconds(command, daemon)
    if made is not None:
        made.unlink()
    return rate


def _seconds(command: Sequence[str], daemon: Daemon | None = None) -> float:
    began = time.perf_counter()
    _run(command, daemon)
    return time.perf_counter() - began


def _run(command: Sequence[str], daemon: Daemon | None = None) -> None:
    environment = {**os.environ, "WINSLOW_ADDRESS": daemon.address} if daemon else None
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def _ctl(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "winslowctl", *arguments]
