"""Copies that people make from one place to another: filled out of sight, and shown at once by a rename.

A draft lies where uploads lie until they are shown, so that what is cut off is forgotten as they are. What is copied
belongs to the daemon and is readable to every stage, whoever wrote it. It decides nothing of who may copy what.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack

from storage.beneath import descend, held, open_directory
from storage.clone import Ways, clone
from storage.faults import about
from storage.placing import DRAFT, drafts, has_mark, require_free, show
from storage.pools import pool, require_name, require_writable
from storage.quotas import Quotas
from storage.settling import settle
from storage.stop import Stop
from storage.totals import Usage
from storage.trees import Opener, Tree, plain
from winslow.domain.layout import Location


def copy(volume: int, source: Location, target: Location, stop: Stop, mark: str = "", opened: Opener = plain) -> None:
    """A file, or a directory with all that is in it; parents of `target` are made. Links are copied as links.

    `opened` says what is seen at the source. Cut off, nothing of it is shown. With the same `mark` (not "") and the target in
    place, nothing happens.
    Raises AlreadyExists (FILE_EXISTS), Exhausted (DISK_FULL, QUOTA_EXCEEDED), Stopped.
    """
    require_writable(target)
    require_name(target)
    with about(target), pool(volume, target) as root:
        if has_mark(root, target.relative, mark):
            return
        require_free(root, target.relative)
        with drafts(volume, target, "copy") as place, ExitStack() as source_open:
            with about(source):
                tree = source_open.enter_context(opened(volume, source))
                if stat.S_ISDIR(tree.status(source.relative).st_mode):
                    found: Tree | int = source_open.enter_context(tree.beneath(source.relative))
                else:
                    found = source_open.enter_context(held(tree.open(source.relative)))
            Quotas(volume).require(str(target), lambda: _size(found, stop), stop)
            if isinstance(found, int):
                _fill_file(found, place, stop)
            else:
                _fill_tree(found, place, stop)
            show(root, place, target.relative, mark)


def _size(source: Tree | int, stop: Stop) -> int:
    """Bytes of a file, or of all that lies in a directory."""
    if isinstance(source, int):
        return os.fstat(source).st_size
    usage = Usage(stop)
    usage.measure(source)
    return usage.totals().size


def _fill_file(source: int, place: int, stop: Stop) -> None:
    status = os.fstat(source)
    with held(os.open(DRAFT, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=place)) as target:
        clone(source, target, status, Ways(), stop)
        os.fchmod(target, _file_mode(status))
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.fsync(target)


def _fill_tree(source: Tree, place: int, stop: Stop) -> None:
    os.mkdir(DRAFT, 0o700, dir_fd=place)
    with held(open_directory(place, DRAFT, follow=False)) as top:
        source.copy_into(top, (os.geteuid(), os.getegid()), stop)
        _open_to_all(top, stop)
        settle(top, stop)


def _open_to_all(top: int, stop: Stop) -> None:
    """Let every stage read what is in `top`. Nobody else reaches it yet, so names lead where they led."""
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
    os.fchmod(top, 0o755)


def _entries(directory: int) -> Iterator[tuple[str, os.stat_result]]:
    """Files and directories; links have no modes."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if not entry.is_symlink():
                yield entry.name, entry.stat(follow_symlinks=False)


def _file_mode(status: os.stat_result) -> int:
    return 0o755 if status.st_mode & stat.S_IXUSR else 0o644
