"""How much a project's files may take, and what they take: held to by CephFS itself, elsewhere looked at beforehand.

On CephFS the limit is an attribute of the project's directory, and no client writes past it (EDQUOT). Elsewhere it is kept in
a hidden file there, and uploads, copies and stages are refused where what they begin with does not fit: what a stage
writes then is bounded by nothing. It never needs to know what the project is for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from storage import ceph
from storage.beneath import held, open_directory, open_file
from storage.faults import about
from storage.stop import Stop
from storage.totals import totals
from winslow.domain.layout import project_root
from winslow.domain.project import Allowance
from winslow.domain.quantity import about_size
from winslow.domain.stage import ProjectId
from winslow.errors import Exhausted, InvalidArgument, WinslowError

_KEPT = ".quota"
"""The file in a project's directory that says its limit where the file system keeps none."""
_OPENED = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
_FRESH = 5.0
"""Seconds for which a walk's sum is taken for what is there, at least."""
_SHARE = 20.0
"""Times as long as the walk took: so no more than a twentieth of the time is spent walking."""


@dataclass(slots=True)
class _Sum:
    """What a walk found, with what was let in since; `until` by the steady clock."""

    used: int
    until: float


class Quotas:
    """Implements the port `winslow.ports.Quotas`; blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._guard = threading.Lock()
        self._sums: dict[str, _Sum] = {}

    def set(self, project: ProjectId, quota: int, stop: Stop) -> None:
        """See the port. Raises InvalidArgument (QUOTA_INVALID), PermissionDenied (QUOTA_FORBIDDEN)."""
        path = project_root(project)
        if not 0 <= quota < 1 << 63:
            raise _invalid(quota, path)
        with about(path), self._project(path) as directory:
            if not ceph.is_cephfs(directory):
                return _keep(directory, quota)
            if ceph.quota(directory, path).bytes != quota:
                ceph.set_quota(directory, ceph.Quota(quota), path)
            with suppress(FileNotFoundError):  # of a project that was moved here from elsewhere
                os.unlink(_KEPT, dir_fd=directory)

    def allowance(self, project: ProjectId, stop: Stop) -> Allowance:
        """See the port. Raises NotFound (FILE_NOT_FOUND) where the project has no directory."""
        path = project_root(project)
        with about(path), self._project(path) as directory:
            if (known := ceph.recursive(directory)) is not None:
                return Allowance(ceph.quota(directory, path).bytes, known.bytes, kept=True)
            return Allowance(_kept(directory), totals(directory, stop).size, kept=False)

    def require(self, path: str, more: Callable[[], int], stop: Stop) -> None:
        """Raises Exhausted (QUOTA_EXCEEDED) where what `more` says, in bytes at `path`, is more than its project may hold.

        Others may take the room in the next moment. Costs one look where there is no quota; on file systems that add up
        nothing themselves, a walk now and then, between which what is let in is counted as if it were there.
        """
        project = _project_of(path)
        if project is None:
            return
        with about(path), suppress(FileNotFoundError), self._project(project_root(project)) as directory:
            known = ceph.recursive(directory)
            quota = _kept(directory) if known is None else ceph.quota(directory, path).bytes
            if not quota:
                return
            needed = more()
            used = self._counted(directory, project, stop) if known is None else known.bytes
            if used + needed > quota or used >= quota:
                raise _exceeded(path, project, Allowance(quota, used, kept=known is not None), needed)
            if known is None:
                self._count(project, needed)

    @contextmanager
    def told(self) -> Iterator[None]:
        """A quota that the body meets is told with its numbers, where they can be had at once."""
        try:
            yield
        except WinslowError as error:
            if error.reason == "QUOTA_EXCEEDED" and not error.metadata and (better := self._numbers(error.subject)):
                raise better from error
            raise

    def _numbers(self, path: str) -> Exhausted | None:
        project = _project_of(path)
        with suppress(WinslowError, OSError):
            if project is not None:
                with self._project(project_root(project)) as directory:
                    if (known := ceph.recursive(directory)) is not None:
                        quota = ceph.quota(directory, path).bytes
                        return _exceeded(path, project, Allowance(quota, known.bytes, kept=True))
        return None

    def _counted(self, directory: int, project: ProjectId, stop: Stop) -> int:
        """What lies there by the latest walk, with what was let in since."""
        with self._guard:
            known = self._sums.get(project)
        if known is None or time.monotonic() >= known.until:
            began = time.monotonic()
            used = totals(directory, stop).size
            ended = time.monotonic()
            known = _Sum(used, ended + max(_FRESH, _SHARE * (ended - began)))
            with self._guard:
                self._sums[project] = known
        return known.used

    def _count(self, project: ProjectId, more: int) -> None:
        with self._guard:
            self._sums[project].used += more

    @contextmanager
    def _project(self, path: str) -> Iterator[int]:
        with held(open_directory(self._root, path, follow=False)) as directory:
            yield directory


def _keep(directory: int, quota: int) -> None:
    """Whole or not at all, and nothing where there is no limit."""
    if not quota:
        with suppress(FileNotFoundError):
            os.unlink(_KEPT, dir_fd=directory)
        return
    draft = f"{_KEPT}.new"
    with held(os.open(draft, _OPENED, 0o644, dir_fd=directory)) as fd:
        os.write(fd, f"{quota}\n".encode())
    os.rename(draft, _KEPT, src_dir_fd=directory, dst_dir_fd=directory)


def _kept(directory: int) -> int:
    """0 for none. What is no number was not written by us, and holds nobody back."""
    with suppress(FileNotFoundError), held(open_file(directory, _KEPT, follow=False)) as fd:
        text = os.read(fd, 32).strip()
        return int(text) if text.isdigit() else 0
    return 0


def _project_of(path: str) -> ProjectId | None:
    match path.split("/"):
        case ["projects", project, _, *_]:
            return ProjectId(project)
        case _:
            return None


def _exceeded(path: str, project: ProjectId, allowance: Allowance, more: int = 0) -> Exhausted:
    needs = f"{path!r} needs {about_size(more)} more" if more else f"{path!r} could not be written"
    return Exhausted(
        f"The project {project} has used {about_size(allowance.used)} of its quota of {about_size(allowance.quota)}: {needs}",
        reason="QUOTA_EXCEEDED",
        subject=path,
        hint=f"Delete old attempts or files of the project, or raise it: winslowctl project set {project} --quota SIZE",
        metadata={"quota": str(allowance.quota), "used": str(allowance.used), "needed": str(more)},
    )


def _invalid(quota: int, path: str) -> InvalidArgument:
    return InvalidArgument(
        f"{quota} bytes are no quota for {path!r}",
        reason="QUOTA_INVALID",
        subject=path,
        hint="Give a number that is not negative; 0 is no limit",
    )
