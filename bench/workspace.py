"""What it takes to branch from a large workspace: `Workspaces.prepare`, which an attempt waits for, and `seal` at its end.

The floor is the same on an empty workspace, since size shall cost nothing. `big` is 10 GiB in 1,000 files, whose blocks are
set aside and never written; `many` is 1 GiB in 100,000 files. `end` is the seal of an attempt that changed nothing on `many`,
`zeroth` the preparation on a zeroth workspace like `many` that an attempt began from before, which is looked through for
changes. It takes root, and a file system with 12 GiB free. What copies take is in `workspace_copy`.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from bench import workspace_copy
from bench.figures import Figure, median
from storage.beneath import held
from storage.mounting import Mounting
from storage.stop import Stop
from storage.volume import PlainVolume
from winslow.domain.layout import WorkspacePlan, stage_root, workspace_path
from winslow.domain.stage import ProjectId, StageId, WorkspaceId

BIG = (1_000, 10 << 20)
MANY = (100_000, 10 << 10)
RUNS = 5
_PROJECT = ProjectId("bench")
_PARENT = "parent"
_ZEROTH = ""
_A_DIRECTORY = 1_000


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="winslow-bench-") as home:
        empty, nothing = _branched(Path(home, "empty"), 0, 0, _PARENT)
        big, _ = _branched(Path(home, "big"), *BIG, _PARENT)
        many, end = _branched(Path(home, "many"), *MANY, _PARENT)
        zeroth, _ = _branched(Path(home, "zeroth"), *MANY, _ZEROTH)
    return [
        Figure("workspace.layered.big", "s", big, empty, RUNS),
        Figure("workspace.layered.many", "s", many, empty, RUNS),
        Figure("workspace.layered.zeroth", "s", zeroth, empty, RUNS),
        Figure("workspace.layered.end", "s", end, nothing, RUNS),
        *workspace_copy.measure(),
    ]


def _branched(home: Path, count: int, size: int, source: str) -> tuple[float, float]:
    """Seconds to prepare an attempt on a workspace of `count` files of `size` bytes each, and to seal it without a change."""
    volume = home / "volume"
    volume.mkdir(parents=True)
    with PlainVolume(str(volume), mounting=Mounting(str(home / "scratch"), obstacle="")) as open_volume:
        open_volume.workspaces.make_project(_PROJECT, "", Stop())
        if source:
            parent = _plan(source, None)
            open_volume.workspaces.prepare(parent, _me(), Stop())
        _fill(volume / workspace_path(_PROJECT, WorkspaceId(source)), count, size)
        if source:
            open_volume.workspaces.seal(parent, Stop())
        laps = [_lap(open_volume, _plan(f"s{number}", source)) for number in range(RUNS + 1)]
    first, *rest = laps
    del first  # it makes what is shared with the others: of a zeroth workspace a copy
    return median([lap[0] for lap in rest]), median([lap[1] for lap in rest])


def _lap(volume: PlainVolume, plan: WorkspacePlan) -> tuple[float, float]:
    began = time.perf_counter()
    try:
        mounted = volume.workspaces.prepare(plan, _me(), Stop())
        ready = time.perf_counter()
        if not mounted.workspace:
            raise RuntimeError("nothing was mounted: it takes root, and a file system that an overlay can lie on")
    finally:
        volume.workspaces.seal(plan, Stop())
    return ready - began, time.perf_counter() - ready


def _plan(stage: str, source: str | None) -> WorkspacePlan:
    root = stage_root(_PROJECT, StageId(stage))
    return WorkspacePlan(
        stage=StageId(stage),
        project=_PROJECT,
        target=f"{root}/workspace",
        source=None if source is None else workspace_path(_PROJECT, WorkspaceId(source)),
        output=f"{root}/output",
        log=f"{root}/log",
        layered=source is not None,
    )


def _me() -> tuple[int, int]:
    return os.geteuid(), os.getegid()


def _fill(base: Path, count: int, size: int) -> None:
    for number in range(count):
        directory = base / f"{number // _A_DIRECTORY:03}"
        if number % _A_DIRECTORY == 0:
            directory.mkdir()
        with held(os.open(directory / f"{number:06}", os.O_WRONLY | os.O_CREAT, 0o644)) as fd:
            os.posix_fallocate(fd, 0, size)
