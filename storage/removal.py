"""Removing whatever is there: a file, a link (never what it leads to), or a tree of any depth and mode.

It may be killed at any moment and begun again. Snapshots of a directory go before it. It knows nothing of what it removes.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from storage.beneath import held
from storage.snapshots import forget
from storage.stop import Stop

_DEEPEST = 64
"""Levels held open at once (two descriptors each). What lies deeper is moved up to the top and removed from there."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def remove(parent: int, name: str, stop: Stop) -> None:
    """Remove entry `name` of directory `parent` with all that is in it. Nothing happens when it is gone.

    Raises OSError, and Stopped; called again, it goes on.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=parent)
            return
        with held(_open(parent, name)) as top:
            _Removal(top, stop).empty(top, 0)
        _remove_directory(parent, name, stop)


class _Removal:
    def __init__(self, top: int, stop: Stop) -> None:
        self._top = top
        self._stop = stop
        self._moved = 0

    def empty(self, directory: int, depth: int) -> None:
        """Remove entries until a look finds none: others may be writing, and removing disturbs the look."""
        found = True
        while found:
            found = False
            with os.scandir(directory) as entries:
                for entry in entries:
                    found = True
                    self._stop.check()
                    with suppress(FileNotFoundError):
                        self._remove_entry(directory, entry, depth)

    def _remove_entry(self, directory: int, entry: os.DirEntry[str], depth: int) -> None:
        if not entry.is_dir(follow_symlinks=False):
            os.unlink(entry.name, dir_fd=directory)
        elif depth < _DEEPEST:
            with held(_open(directory, entry.name)) as below:
                self.empty(below, depth + 1)
            _remove_directory(directory, entry.name, self._stop)
        else:
            self._move_up(directory, entry.name)

    def _move_up(self, directory: int, name: str) -> None:
        while True:
            self._moved += 1
            try:
                os.rename(name, f".deep-{self._moved}", src_dir_fd=directory, dst_dir_fd=self._top)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    raise
            else:
                return


def _remove_directory(parent: int, name: str, stop: Stop) -> None:
    """Remove an emptied directory; one that somebody has put something into again is emptied again."""
    try:
        os.rmdir(name, dir_fd=parent)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        stop.check()
        with held(_open(parent, name)) as directory:
            forget(directory)  # with snapshots, CephFS calls it not empty
        remove(parent, name, stop)


def _open(parent: int, name: str) -> int:
    """Open a directory to empty it, whatever its mode is: root needs no leave, others give it to themselves."""
    try:
        fd = os.open(name, _DIRECTORY, dir_fd=parent)
    except PermissionError:
        with held(os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=parent)) as handle:
            os.chmod(f"/proc/self/fd/{handle}", 0o700)  # noqa: PTH101 - a handle, not a path
        fd = os.open(name, _DIRECTORY, dir_fd=parent)
    if os.geteuid() and os.fstat(fd).st_mode & 0o700 != 0o700:
        os.fchmod(fd, 0o700)
    return fd
