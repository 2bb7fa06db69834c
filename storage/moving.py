"""What people move from one root to another: renamed where the file system can, else copied, compared and deleted.

What is deleted is what was copied: a file that changed meanwhile keeps the source where it is. A mark says for which
request it was moved, so that who asks again after a crash goes on from where it stopped.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from storage.beneath import held, make_directories, open_directory, open_file, open_parent, open_path, rename_new
from storage.copies import copy
from storage.faults import about
from storage.placing import has_mark, set_mark
from storage.pools import pool, require_name, require_writable
from storage.removal import remove
from storage.stop import Stop
from storage.trees import PlainTree
from storage.walks import Walk
from winslow.domain.layout import Location
from winslow.errors import Conflict, InvalidArgument


def move(volume: int, source: Location, target: Location, mark: str, stop: Stop) -> None:
    """See the port `Trees`. Links are moved as links. Raises Stopped."""
    for location in (source, target):
        require_writable(location)
        require_name(location)
    with about(source), pool(volume, source) as old, pool(volume, target) as new:
        with about(target):
            done = has_mark(new, target.relative, mark)
        if done and not _is_there(old, source.relative):
            return
        if not done and _renamed(old, source, new, target, mark):
            return
        copy(volume, source, target, stop, mark)
        _require_same(old, source, new, target, stop)
        with held(open_directory(old, source.relative.rpartition("/")[0])) as parent:
            remove(parent, source.relative.rpartition("/")[2], stop)


def _is_there(root: int, relative: str) -> bool:
    with suppress(FileNotFoundError, NotADirectoryError), held(open_path(root, relative, follow=False)):
        return True
    return False


def _renamed(old: int, source: Location, new: int, target: Location, mark: str) -> bool:
    """Whether it was moved by one rename; not where a quota's border lies between, or another file system."""
    parent, name = open_parent(old, source.relative)
    with held(parent):
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
        if mark and (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            opened = open_directory if stat.S_ISDIR(mode) else open_file
            with held(opened(parent, name, follow=False)) as fd:
                set_mark(fd, mark)
        above, _, new_name = target.relative.rpartition("/")
        with about(target), held(make_directories(new, above)) as directory:
            try:
                rename_new(parent, name, directory, new_name)
            except OSError as error:
                if error.errno == errno.EINVAL:
                    raise _into_itself(target) from error
                if error.errno != errno.EXDEV:
                    raise
                return False
            os.fsync(directory)
        os.fsync(parent)
    return True


def _require_same(old: int, source: Location, new: int, target: Location, stop: Stop) -> None:
    """Raises Conflict (FILE_CHANGED) where the copy lacks something that the source has by now."""
    with (
        held(open_path(old, source.relative, follow=False)) as one,
        held(open_path(new, target.relative, follow=False)) as other,
    ):
        there, copied = os.fstat(one), os.fstat(other)
    if stat.S_ISDIR(there.st_mode):
        with held(open_directory(old, source.relative)) as first, held(open_directory(new, target.relative)) as second:
            same = _are_same(first, second, stop)
    else:
        same = _is_same(there, copied)
    if not same:
        raise Conflict(
            f"{str(source)!r} was changed while it was moved: it is still there, and {str(target)!r} is a copy",
            reason="FILE_CHANGED",
            subject=str(source),
            hint="Delete the one that is not wanted",
        )


def _are_same(source: int, target: int, stop: Stop) -> bool:
    with Walk(PlainTree(source), (), stop) as walk:
        for step in walk:
            status = step.directory.status(step.named.name)
            try:
                with held(open_path(target, step.path, follow=False)) as handle:
                    copied = os.fstat(handle)
            except FileNotFoundError:
                return False
            if not stat.S_ISDIR(status.st_mode) and not _is_same(status, copied):
                return False
    return True


def _is_same(one: os.stat_result, other: os.stat_result) -> bool:
    return (stat.S_IFMT(one.st_mode), one.st_size, one.st_mtime_ns) == (
        stat.S_IFMT(other.st_mode),
        other.st_size,
        other.st_mtime_ns,
    )


def _into_itself(target: Location) -> InvalidArgument:
    return InvalidArgument(
        f"A directory cannot be moved into itself, to {str(target)!r}",
        reason="PATH_INVALID",
        subject=str(target),
        hint="Choose a target outside of it",
    )
