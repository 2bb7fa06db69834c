"""Copies that people make from one place to another: filled out of sight, and shown at once by a rename.

A draft lies where uploads lie until they are shown, so that what is cut off is forgotten as they are. What is copied
belongs to the daemon and is readable to every stage, whoever wrote it. It decides nothing of who may copy what.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from storage.beneath import descend, held, open_directory, open_file, open_path
from storage.clone import Ways, clone
from storage.faults import about
from storage.placing import DRAFT, drafts, has_mark, require_free, show
from storage.pools import pool, require_name, require_writable
from storage.quotas import Quotas
from storage.stop import Stop
from storage.totals import totals
from storage.tree import copy_tree
from winslow.domain.layout import Location


def copy(volume: int, source: Location, target: Location, stop: Stop, mark: str = "") -> None:
    """A file, or a directory with all that is in it; parents of `target` are made. Links are copied as links.

    Cut off, nothing of it is shown. With the same `mark` (not "") and the target in place, nothing happens.
    Raises AlreadyExists (FILE_EXISTS), Exhausted (DISK_FULL, QUOTA_EXCEEDED), Stopped.
    """
    require_writable(target)
    require_name(target)
    with about(target), pool(volume, target) as root:
        if has_mark(root, target.relative, mark):
            return
        require_free(root, target.relative)
        with drafts(volume, target, "copy") as place:
            with about(source), pool(volume, source) as old, held(open_path(old, source.relative)) as found:
                is_directory = stat.S_ISDIR(os.fstat(found).st_mode)
                opened = (open_directory if is_directory else open_file)(old, source.relative)
            with held(opened):
                Quotas(volume).require(str(target), lambda: _size(opened, stop), stop)
                (_fill_tree if is_directory else _fill_file)(opened, place, stop)
            show(root, place, target.relative, mark)


def _size(source: int, stop: Stop) -> int:
    """Bytes of a file, or of all that lies in a directory."""
    status = os.fstat(source)
    return totals(source, stop).size if stat.S_ISDIR(status.st_mode) else status.st_size


def _fill_file(source: int, place: int, stop: Stop) -> None:
    status = os.fstat(source)
    with held(os.open(DRAFT, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=place)) as target:
        clone(source, target, status, Ways(), stop)
        os.fchmod(target, _file_mode(status))
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.fsync(target)


def _fill_tree(source: int, place: int, stop: Stop) -> None:
    os.mkdir(DRAFT, 0o700, dir_fd=place)
    with held(open_directory(place, DRAFT, follow=False)) as top:
        copy_tree(source, top, (os.geteuid(), os.getegid()), stop)
        _settle(top, stop)


def _settle(top: int, stop: Stop) -> None:
    """Let every stage read what is in `top`, and make it safe. Nobody else reaches it yet, so names lead where they led."""
    waiting = [""]
    while waiting:
        path = waiting.pop()
        with held(descend(top, path)) as directory:
            for name, status in _entries(directory):
                stop.check()
                is_directory = stat.S_ISDIR(status.st_mode)
                os.chmod(name, 0o755 if is_directory else _file_mode(status), dir_fd=directory)
                if is_directory:
                    waiting.append(f"{path}/{name}" if path else name)
                else:
                    with held(os.open(name, os.O_RDONLY, dir_fd=directory)) as file:
                        os.fsync(file)
            os.fsync(directory)
    os.fchmod(top, 0o755)


def _entries(directory: int) -> Iterator[tuple[str, os.stat_result]]:
    """Files and directories; links have no modes."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if not entry.is_symlink():
                yield entry.name, entry.stat(follow_symlinks=False)


def _file_mode(status: os.stat_result) -> int:
    return 0o755 if status.st_mode & stat.S_IXUSR else 0o644
