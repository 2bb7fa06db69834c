"""What it takes to fill a workspace by a copy: on XFS, which shares the blocks, and on CephFS, which cannot.

On XFS it is 10 GiB in 1,000 files, whose blocks are set aside and never written; the floor is the aim. On CephFS (ceph-fuse, and a whole
cluster on this machine) it is 1 GiB in 1,000 files, since its OSD lies on a file; the floor is the best of `cp -a`, run
side by side for parts of the tree. Both copy what the client has in its cache or has not, in turn. It takes root, FUSE and xfsprogs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, median
from storage.beneath import held
from storage.removal import remove
from storage.stop import Stop
from storage.tree import copy_tree
from tests import ceph
from tests.filesystems import xfs

XFS = (1_000, 10 << 20)
CEPHFS = (1_000, 1 << 20)
XFS_AIM = 2.0
SIDES = (1, 2, 4, 8)
RUNS = 3
_A_DIRECTORY = 100
_DIRECTORIES = 'find . -type d -print0 | (cd "$2" && xargs -0 mkdir -p)'
"""First, since several cp at once each make them and one is told that they are there."""
_FILES = 'find . -type f -print0 | xargs -0 -P "$1" -n 25 cp -a --parents -t "$2"'


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="winslow-bench-") as home, xfs(Path(home), megabytes=15 << 10) as place:
        _fill(place / "source", *XFS, write=False)
        shared = [_lap(place, _copied) for _ in range(RUNS)]
    with ceph.running() as cluster, cluster.mounted() as mount:
        _fill(mount.path / "source", *CEPHFS, write=True)
        ours, theirs = _in_turn(mount.path)
    size = CEPHFS[0] * CEPHFS[1] / 1e6
    return [
        Figure("workspace.copy.xfs", "s", median(shared), XFS_AIM, RUNS),
        Figure("workspace.copy.cephfs", "MB/s", size / median(ours), size / theirs, len(ours)),
    ]


def _in_turn(place: Path) -> tuple[list[float], float]:
    """Our laps, and the best of theirs: one of ours between two of theirs, since a cluster on one machine has its moods."""
    ours, theirs = [], []
    for sides in SIDES:
        theirs.append(_lap(place, lambda source, target, sides=sides: _by_cp(source, target, sides)))  # type: ignore[misc]
        ours.append(_lap(place, _copied))
        print(f"cp -a, {sides} at once: {theirs[-1]:.1f} s; ours: {ours[-1]:.1f} s", file=sys.stderr)
    return ours, min(theirs)


def _lap(place: Path, copy: Callable[[Path, Path], None]) -> float:
    """Seconds to copy `source` into a new directory, which is removed again."""
    target = place / "target"
    target.mkdir()
    began = time.perf_counter()
    copy(place / "source", target)
    took = time.perf_counter() - began
    with held(os.open(place, os.O_RDONLY)) as above:
        remove(above, "target", Stop())
    return took


def _copied(source: Path, target: Path) -> None:
    with held(os.open(source, os.O_RDONLY)) as old, held(os.open(target, os.O_RDONLY)) as new:
        copy_tree(old, new, (os.geteuid(), os.getegid()), Stop())


def _by_cp(source: Path, target: Path, sides: int) -> None:
    script = f"{_DIRECTORIES}; {_FILES}"
    subprocess.run(["sh", "-c", script, "sh", str(sides), str(target)], cwd=source, check=True)


def _fill(top: Path, count: int, size: int, *, write: bool) -> None:
    top.mkdir()
    content = os.urandom(size) if write else b""
    for number in range(count):
        directory = top / f"{number // _A_DIRECTORY:03}"
        if number % _A_DIRECTORY == 0:
            directory.mkdir()
        with held(os.open(directory / f"{number:06}", os.O_WRONLY | os.O_CREAT, 0o644)) as fd:
            if write:
                os.write(fd, content)
            else:
                os.posix_fallocate(fd, 0, size)
