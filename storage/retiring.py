"""Giving up the workspaces of ended attempts: what one would free, and its removal.

    projects/PROJECT/stages/STAGE/workspace/    goes
    projects/PROJECT/stages/STAGE/layer/        goes
    projects/PROJECT/stages/STAGE/output/, log, manifest.gz    stay

What goes is renamed first, so that it is gone from sight at once, and a removal that was cut is found again. Whether one may
go is decided elsewhere; this module never looks at a stage's record.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from storage.beneath import held, open_directory
from storage.faults import about
from storage.grounds import forget_ground
from storage.locks import Locks
from storage.removal import remove
from storage.sealing import LAYER
from storage.stop import Stop
from storage.totals import Usage
from storage.trees import PlainTree
from winslow.domain.layout import safe_parts, stage_root
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import InvalidArgument

_WORKSPACE = "workspace"
_BESIDE = (".workspace.partial", ".layer.partial", ".reserved", ".ground", ".parents")
"""What is left of one that was never finished."""


class Retiring:
    """Implements the port `winslow.ports.Retiring`; blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._locks = Locks()

    def weigh(self, project: ProjectId, stage: StageId, stop: Stop) -> int:
        """See the port."""
        with about(_path(project, stage)), suppress(FileNotFoundError), self._home(project, stage) as home:
            return sum(_weight(home, name, stop) for name in (_WORKSPACE, LAYER))
        return 0

    def retire(self, project: ProjectId, stage: StageId, stop: Stop) -> None:
        """See the port."""
        path = _path(project, stage)
        with (
            about(path),
            self._locks.hold(path, stop=stop),
            suppress(FileNotFoundError),
            self._home(project, stage) as home,
        ):
            for name in (LAYER, _WORKSPACE):
                doomed = f".removed.{name}"
                remove(home, doomed, stop)
                with suppress(FileNotFoundError):
                    os.rename(name, doomed, src_dir_fd=home, dst_dir_fd=home)
                    os.fsync(home)  # first of all it is gone: what is seen is whole
                    remove(home, doomed, stop)
            for name in _BESIDE:
                remove(home, name, stop)
            forget_ground(home)  # it stands on nothing any more, so that what lies below may go, too

    @contextmanager
    def _home(self, project: ProjectId, stage: StageId) -> Iterator[int]:
        with held(open_directory(self._root, _path(project, stage), follow=False)) as home:
            yield home


def _weight(home: int, name: str, stop: Stop) -> int:
    with suppress(FileNotFoundError), held(open_directory(home, name, follow=False)) as directory:
        usage = Usage(stop)
        usage.add(PlainTree(directory))
        return usage.totals().size
    return 0


def _path(project: ProjectId, stage: StageId) -> str:
    """The attempt's directory. Raises InvalidArgument (PATH_INVALID) for what is no id."""
    for id_ in (project, stage):
        if safe_parts(id_) != [id_] or id_.startswith("."):
            raise InvalidArgument(
                f"{id_!r} is not a place of the layout",
                reason="PATH_INVALID",
                subject=id_,
                hint="Names of projects and stages contain no '/' and do not begin with '.'",
            )
    return stage_root(project, stage)
