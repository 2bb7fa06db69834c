"""Trees of files: a copy as faithful as a stage can tell, and their owner.

Kept: content with its holes, modes, times of change, symbolic links as links, hard links among themselves.
Set: the owner. Not kept: extended attributes, the set-user-ID and set-group-ID bits of files, and what is
neither file, directory nor link. No link is ever followed. It knows nothing of workspaces.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from storage.beneath import descend, held
from storage.clone import Ways, clone
from storage.crew import Crew
from storage.stop import Stop

_BATCH = 32
"""Files of one directory that are copied by one thread in one go."""
_NAMED = 10

Owner = tuple[int, int]


@dataclass(slots=True)
class Copied:
    """What a copy left out: how many special files, and the paths of the first of them."""

    special: int = 0
    first: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Directory:
    path: str


@dataclass(frozen=True, slots=True)
class _Files:
    directory: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _HardLinks:
    """Names of one file."""

    paths: tuple[str, ...]


def copy_tree(source: int, target: int, owner: Owner, stop: Stop, ways: Ways | None = None) -> Copied:
    """Fill the empty directory `target` with what directory `source` holds; `target` itself is not changed.

    What vanishes from `source` meanwhile is left out. Raises OSError, and Stopped; then `target` is half full.
    """
    return _Copy(source, target, owner, stop, ways or Ways()).run()


class _Copy:
    def __init__(self, source: int, target: int, owner: Owner, stop: Stop, ways: Ways) -> None:
        self._source = source
        self._target = target
        self._owner = owner
        self._stop = stop
        self._ways = ways
        self._crew: Crew[_Directory | _Files | _HardLinks] = Crew(self._work, stop)
        self._guard = threading.Lock()
        self._directories: list[tuple[str, os.stat_result]] = []
        self._linked: dict[tuple[int, int], list[str]] = {}
        self._copied = Copied()

    def run(self) -> Copied:
        self._crew.run(_Directory(""))
        for paths in list(self._linked.values()):
            self._stop.check()
            self._work(_HardLinks(tuple(sorted(paths))))
        # Last, and from the leaves up: making an entry changes its directory's time, and a mode may forbid it.
        for path, status in sorted(self._directories, key=_by_path, reverse=True):
            self._stop.check()
            with held(descend(self._target, path)) as directory:
                self._dress(directory, status, status.st_mode & 0o7777)
        return self._copied

    def _work(self, item: _Directory | _Files | _HardLinks) -> None:
        match item:
            case _Directory(path):
                self._copy_directory(path)
            case _Files(directory, names):
                with held(descend(self._source, directory)) as source, held(descend(self._target, directory)) as target:
                    for name in names:
                        self._stop.check()
                        self._copy_file(source, target, name, directory)
            case _HardLinks(paths):
                self._copy_linked(paths)

    def _copy_directory(self, path: str) -> None:
        files: list[str] = []
        with held(descend(self._source, path)) as source, held(descend(self._target, path)) as target:
            for entry in _entries(source):
                if entry.is_symlink():
                    self._copy_link(source, target, entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    self._make_directory(source, target, path, entry.name)
                elif entry.is_file(follow_symlinks=False):
                    files.append(entry.name)
                else:
                    self._leave_out(_join(path, entry.name))
                if len(files) == _BATCH:
                    self._crew.offer(_Files(path, tuple(files)))
                    files.clear()
        if files:
            self._work(_Files(path, tuple(files)))

    def _make_directory(self, source: int, target: int, above: str, name: str) -> None:
        path = _join(above, name)
        status = os.stat(name, dir_fd=source, follow_symlinks=False)
        os.mkdir(name, 0o700, dir_fd=target)
        with self._guard:
            self._directories.append((path, status))
        self._crew.add(_Directory(path))

    def _copy_link(self, source: int, target: int, name: str) -> None:
        status = os.stat(name, dir_fd=source, follow_symlinks=False)
        os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        own(target, name, self._owner)
        os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=target, follow_symlinks=False)

    def _copy_file(self, source: int, target: int, name: str, directory: str) -> None:
        reader = _open_source(source, name)
        if reader is None:
            return
        with held(reader):
            status = os.fstat(reader)
            if not stat.S_ISREG(status.st_mode):
                self._leave_out(_join(directory, name))
            elif status.st_nlink > 1:
                with self._guard:
                    self._linked.setdefault((status.st_dev, status.st_ino), []).append(_join(directory, name))
            else:
                self._write_file(reader, status, target, name)

    def _write_file(self, reader: int, status: os.stat_result, target: int, name: str) -> None:
        with held(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=target)) as writer:
            clone(reader, writer, status, self._ways, self._stop)
            self._dress(writer, status, status.st_mode & 0o1777)

    def _copy_linked(self, paths: tuple[str, ...]) -> None:
        """Copy a file once and give it its other names."""
        directory, _, name = paths[0].rpartition("/")
        with held(descend(self._source, directory)) as source, held(descend(self._target, directory)) as first:
            reader = _open_source(source, name)
            if reader is None:
                return
            with held(reader):
                self._write_file(reader, os.fstat(reader), first, name)
            for path in paths[1:]:
                above, _, other = path.rpartition("/")
                with held(descend(self._target, above)) as target:
                    os.link(name, other, src_dir_fd=first, dst_dir_fd=target, follow_symlinks=False)

    def _dress(self, fd: int, status: os.stat_result, mode: int) -> None:
        own(fd, "", self._owner)
        os.fchmod(fd, mode)
        os.utime(fd, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _leave_out(self, path: str) -> None:
        with self._guard:
            self._copied.special += 1
            if len(self._copied.first) < _NAMED:
                self._copied.first.append(path)


def own(fd: int, name: str, owner: Owner) -> None:
    """Make `owner` (uid, gid) own entry `name` of directory `fd`, or `fd` itself for "". A link is not followed.

    Asked of the kernel only where it changes something, so that a daemon that is not root may own what is its own.
    """
    status = os.stat(name, dir_fd=fd, follow_symlinks=False) if name else os.fstat(fd)
    if (status.st_uid, status.st_gid) == owner:
        return
    if name:
        os.chown(name, *owner, dir_fd=fd, follow_symlinks=False)
    else:
        os.fchown(fd, *owner)


def own_tree(root: int, owner: Owner, stop: Stop) -> None:
    """Make `owner` own everything in directory `root`, and `root` itself last. Done twice, the second finds it done."""
    waiting = [""]
    while waiting:
        path = waiting.pop()
        with held(descend(root, path)) as directory:
            for entry in _entries(directory):
                stop.check()
                own(directory, entry.name, owner)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(_join(path, entry.name))
    own(root, "", owner)


def _open_source(directory: int, name: str) -> int | None:
    """None when it has vanished. Does not wait for a FIFO's writer, should one lie where a file was listed."""
    with suppress(FileNotFoundError):
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, dir_fd=directory)
    return None


def _entries(directory: int) -> Iterator[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        yield from entries


def _join(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name


def _by_path(item: tuple[str, os.stat_result]) -> str:
    return item[0]
