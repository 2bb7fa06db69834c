"""Bases: plain directories that layers lie on and nobody changes, made of what may still change.

    projects/PROJECT/bases/NAME/    a whole copy; NAME follows from what was copied and for whom

The zeroth workspace belongs to people, and an attempt's files belong to the user who made them; a layer lies on a copy
of either, shared by all attempts that begin in the same state with the same user. It never needs to know what lies on a base.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from storage.beneath import descend, held, make_directories, open_directory, rename_new
from storage.faults import about
from storage.locks import Locks
from storage.removal import remove
from storage.settling import settle
from storage.stop import Stop
from storage.tree import Copied, Owner, copy_tree
from winslow.domain.layout import bases_root
from winslow.domain.stage import ProjectId, StageId

_TRIES = 3
"""How often a directory is copied that changes meanwhile."""
_TICK = 0.02
"""Seconds within which a file system may give two changes one time: the clock that they take it from moves in steps."""
_MODE = 0o755
_HIDDEN, _DOOMED = ".hidden.", ".removed."
"""Before the name of a base that nobody seems to need, still whole, and of one that nobody does."""

Copy = Callable[[int, int, Owner, Stop], Copied]
"""As `copy_tree`."""
Fill = Callable[[int], object]
"""Fills an open, empty directory."""


class Bases:
    """The bases of a volume; blocking, any number of threads. `root` is the volume, held open; `copy` fills one."""

    def __init__(self, root: int, copy: Copy = copy_tree) -> None:
        self._root = root
        self._copy = copy
        self._locks = Locks()

    def of_directory(
        self, project: ProjectId, source: str, stage: StageId, owner: Owner, stop: Stop
    ) -> tuple[str, Copied | None]:
        """The base that holds what directory `source` holds now, all of it `owner`'s; its path, and what was left out if it was made.

        What changes while it is copied is copied again; what never rests is taken as it comes, for `stage` alone.
        """
        copied = None
        with held(open_directory(self._root, source, follow=False)) as directory:
            for _ in range(_TRIES):
                seen = fingerprint(directory, stop)
                path = _path(project, seen, owner)
                if self.has(project, path):
                    return path, None
                time.sleep(_TICK)  # what is changed from here on has another time than what was seen

                def fill(target: int) -> bool:
                    nonlocal copied
                    copied = self._copy(directory, target, owner, stop)
                    return fingerprint(directory, stop) == seen  # noqa: B023 - done before the next turn

                if self._made(project, path, stage, fill, stop):
                    return path, copied
            path = _path(project, f"of-{stage}", owner)
            self._made(project, path, stage, lambda target: self._copy(directory, target, owner, stop), stop)
        return path, copied

    def of_attempt(
        self, project: ProjectId, ended: StageId, stage: StageId, owner: Owner, fill: Fill, stop: Stop
    ) -> str:
        """The base that holds the workspace of `ended` as `owner`'s; `fill` makes it, for `stage`, where it is not there."""
        path = _path(project, ended, owner)
        if not self.has(project, path):
            self._made(project, path, stage, fill, stop)
        return path

    def has(self, project: ProjectId, path: str) -> bool:
        """Whether there is a base at this path."""
        if not path.startswith(f"{bases_root(project)}/"):
            return False
        with suppress(FileNotFoundError):
            os.close(open_directory(self._root, path, follow=False))
            return True
        return False

    def remove_unneeded(self, project: ProjectId, needed: Callable[[], Iterable[str]], stop: Stop) -> int:
        """Remove every base whose path is not among `needed`; how many went.

        It is hidden first and asked for again then: whoever begins to stand on it meanwhile is seen, or finds it gone.
        """
        count = 0
        place = bases_root(project)
        with about(place), suppress(FileNotFoundError), held(open_directory(self._root, place, follow=False)) as bases:
            kept = set(needed())
            for name in sorted(os.listdir(bases)):
                if name.startswith(_DOOMED):
                    remove(bases, name, stop)
                elif name.startswith(_HIDDEN):  # who hid it was stopped before it was asked for again
                    count += self._removed(bases, place, name.removeprefix(_HIDDEN), needed, stop)
                elif not name.startswith(".") and f"{place}/{name}" not in kept:
                    count += self._removed(bases, place, name, needed, stop)
        return count

    def _removed(self, bases: int, place: str, name: str, needed: Callable[[], Iterable[str]], stop: Stop) -> bool:
        hidden, doomed = f"{_HIDDEN}{name}", f"{_DOOMED}{name}"
        with self._locks.hold(f"{place}/{name}", stop=stop):
            if not _is_there(bases, hidden):
                os.rename(name, hidden, src_dir_fd=bases, dst_dir_fd=bases)
            if f"{place}/{name}" in set(needed()):
                with suppress(FileExistsError):  # made again meanwhile, which is as good
                    rename_new(bases, hidden, bases, name)
                    return False
            remove(bases, doomed, stop)
            os.rename(hidden, doomed, src_dir_fd=bases, dst_dir_fd=bases)
        remove(bases, doomed, stop)
        return True

    def _made(self, project: ProjectId, path: str, stage: StageId, fill: Fill, stop: Stop) -> bool:
        """Make a base, whole or not at all; False where `fill` says that it is not what it should be.

        Its hidden name has that of the attempt it is made for, since other nodes may be making the same one.
        """
        name = path.rpartition("/")[2]
        with self._locks.hold(path, stop=stop), held(make_directories(self._root, bases_root(project))) as bases:
            if self.has(project, path):
                return True
            draft = f".{name}.{stage}.partial"
            remove(bases, draft, stop)
            os.mkdir(draft, _MODE, dir_fd=bases)
            try:
                with held(open_directory(bases, draft, follow=False)) as target:
                    right = fill(target) is not False
                    if right:
                        settle(target, stop)  # layers that are safe will lie on it
                if right:
                    with suppress(FileExistsError):
                        rename_new(bases, draft, bases, name)
                        os.fsync(bases)
                        return True
            finally:
                remove(bases, draft, stop)
            return right


def fingerprint(top: int, stop: Stop) -> str:
    """What tells whether anything in a directory has changed, without reading a file: hexadecimal.

    Of each entry its path, its inode and the time of its last change of any kind (ctime), which nobody can set.
    """
    digest = hashlib.sha256()
    waiting = [""]
    while waiting:
        path = waiting.pop()
        stop.check()
        with suppress(FileNotFoundError), held(descend(top, path)) as directory:
            below, told = _told(directory)
            digest.update(os.fsencode(path) + b"\0" + told)
            waiting.extend(f"{path}/{name}" if path else name for name in below)
    return digest.hexdigest()


def _told(directory: int) -> tuple[list[str], bytes]:
    """The directories in a directory, and what tells of all that is in it; there may be a great many."""
    below: list[str] = []
    told: list[str] = []
    with os.scandir(directory) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                told.append(f"{entry.name}\0{status.st_ino} {status.st_ctime_ns}")
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.name)
    below.sort()
    told.sort()
    return below, os.fsencode("\n".join(told))


def _is_there(bases: int, name: str) -> bool:
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=bases, follow_symlinks=False)
        return True
    return False


def _path(project: ProjectId, what: str, owner: Owner) -> str:
    return f"{bases_root(project)}/{what}-{owner[0]}-{owner[1]}"
