"""What people do with the files of a pool: list, read, make, rename, copy, delete, measure, verify.

Every path is resolved by the kernel beneath its pool's directory (`storage.beneath`). Only pools that people
own may be changed; what an attempt made is its record. Uploads and copies have modules of their own.
"""

from __future__ import annotations

import errno
import heapq
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from storage.beneath import (
    held,
    make_directories,
    open_directory,
    open_file,
    open_parent,
    open_path,
    rename_new,
)
from storage.ceph import recursive
from storage.copies import copy
from storage.faults import about
from storage.logs import require_range
from storage.pools import pool, require_name, require_writable
from storage.removal import remove
from storage.stop import Stop
from storage.totals import Usage
from winslow.domain.layout import Location, Pool
from winslow.errors import InvalidArgument
from winslow.ports import Entry, Totals

READ_MAX = 64 << 20
_PAGE_MAX = 10_000
_DIGEST_BLOCK = 1 << 20


class Files:
    """Implements the port `winslow.ports.Files`; blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int) -> None:
        self._root = root

    def stat(self, location: Location, stop: Stop) -> Entry:
        """See the port. A link is followed; what is neither file nor directory has the kind "other"."""
        with about(location), pool(self._root, location) as root, held(open_path(root, location.relative)) as handle:
            return describe(str(location).rpartition("/")[2], os.fstat(handle))

    def entries(self, location: Location, after: str, limit: int, stop: Stop) -> list[Entry]:
        """See the port. Links are listed as links, but published outputs as the directories that they show.

        A name that is not UTF-8 is shown escaped, with the kind "other": no path can name it.
        """
        limit = min(max(limit, 0), _PAGE_MAX)
        found: list[Entry] = []
        with about(location), self._directory(location) as directory:
            while len(found) < limit:
                wanted = limit - len(found)
                names = _names(directory, after, wanted, stop)
                found.extend(_present(directory, names, follow=_shows_outputs(location)))
                if len(names) < wanted:
                    break
                after = names[-1][0]
        return found

    def read(self, location: Location, offset: int, size: int, stop: Stop) -> bytes:
        """See the port. Raises InvalidArgument (RANGE_INVALID) for more than 64 MiB at once."""
        require_range(offset, size, READ_MAX)
        with about(location), pool(self._root, location) as root, held(open_file(root, location.relative)) as fd:
            data = os.pread(fd, size, offset)
            while data and len(data) < size and (more := os.pread(fd, size - len(data), offset + len(data))):
                data += more
            return data

    def make_directory(self, location: Location, stop: Stop) -> None:
        """See the port."""
        require_writable(location)
        with about(location), pool(self._root, location) as root:
            os.close(make_directories(root, location.relative))

    def rename(self, source: Location, target: Location, stop: Stop) -> None:
        """See the port. Raises InvalidArgument (DIFFERENT_ROOTS) for two pools or projects."""
        require_writable(source)
        require_writable(target)
        if source.root != target.root:
            raise InvalidArgument(
                f"{str(source)!r} and {str(target)!r} lie in different places",
                reason="DIFFERENT_ROOTS",
                subject=str(target),
                hint="Rename within one pool; copy between two",
            )
        with about(source), pool(self._root, source) as root, _parent(root, source) as (old, name):
            os.stat(name, dir_fd=old, follow_symlinks=False)
            with about(target), _parent(root, target) as (new, new_name):
                _rename(old, name, new, new_name, str(target))

    def copy(self, source: Location, target: Location, stop: Stop) -> None:
        """See the port."""
        copy(self._root, source, target, stop)

    def delete(self, location: Location, recursive: bool, stop: Stop) -> None:
        """See the port. A link is deleted, never what it leads to. Raises NotFound (FILE_NOT_FOUND) when it is gone."""
        require_writable(location)
        with about(location), pool(self._root, location) as root, _parent(root, location) as (parent, name):
            mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
            if not stat.S_ISDIR(mode):
                os.unlink(name, dir_fd=parent)
            elif recursive:
                remove(parent, name, stop)
            else:
                os.rmdir(name, dir_fd=parent)

    def usage(self, location: Location, stop: Stop) -> Totals:
        """See the port. A file with several names counts once; links are counted, not followed, but for published outputs.

        CephFS is asked (`storage.ceph.Recursive`); elsewhere everything is looked at.
        """
        usage = Usage(stop)
        with about(location), pool(self._root, location) as root:
            for path in _shown_outputs(root) if _shows_outputs(location) else [location.relative]:
                with held(open_directory(root, path)) as directory:
                    if (known := recursive(directory)) is None:
                        usage.measure(directory)
                    else:
                        usage.add(known)
        return usage.totals()

    def digest(self, location: Location, stop: Stop) -> str:
        """See the port."""
        with about(location), pool(self._root, location) as root, held(open_file(root, location.relative)) as fd:
            return _sha256(fd, stop)

    @contextmanager
    def _directory(self, location: Location) -> Iterator[int]:
        with pool(self._root, location) as root, held(open_directory(root, location.relative)) as directory:
            yield directory


def describe(name: str, status: os.stat_result) -> Entry:
    """An entry as people see it."""
    mode = status.st_mode
    kind = "other"
    if stat.S_ISREG(mode):
        kind = "file"
    elif stat.S_ISDIR(mode):
        kind = "directory"
    elif stat.S_ISLNK(mode):
        kind = "symlink"
    is_file = kind == "file"
    return Entry(name, kind, status.st_size if is_file else 0, status.st_mtime, is_file and bool(mode & 0o100))


@contextmanager
def _parent(root: int, location: Location) -> Iterator[tuple[int, str]]:
    require_name(location)
    parent, name = open_parent(root, location.relative)
    with held(parent):
        yield parent, name


def _rename(old: int, name: str, new: int, new_name: str, target: str) -> None:
    try:
        rename_new(old, name, new, new_name)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise InvalidArgument(
            f"A directory cannot be moved into itself, to {target!r}",
            reason="PATH_INVALID",
            subject=target,
            hint="Choose a target outside of it",
        ) from error


def _shows_outputs(location: Location) -> bool:
    """Whether it is the directory of links to published outputs, which we made and people see as directories."""
    return location.pool is Pool.OUTPUT and location.relative == "output"


def _names(directory: int, after: str, limit: int, stop: Stop) -> list[tuple[str, str]]:
    """The first `limit` names past `after`: as shown, and as the system has them. Keeps no more than those in memory."""
    with os.scandir(directory) as entries:
        names = ((_shown(entry.name), entry.name) for entry in entries)
        return heapq.nsmallest(limit, (pair for pair in names if pair[0] > after))


def _shown(name: str) -> str:
    if name.isascii():
        return name
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _present(directory: int, names: list[tuple[str, str]], *, follow: bool) -> Iterator[Entry]:
    for shown, name in names:
        with suppress(FileNotFoundError):
            status = os.stat(name, dir_fd=directory, follow_symlinks=follow and not name.startswith("."))
            entry = describe(shown, status)
            yield entry if shown == name else Entry(shown, "other", entry.size, entry.modified)


def _shown_outputs(project: int) -> list[str]:
    with held(open_directory(project, "output", follow=False)) as directory, os.scandir(directory) as entries:
        return [f"output/{entry.name}" for entry in entries if entry.is_dir()]


def _sha256(fd: int, stop: Stop) -> str:
    import hashlib

    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_DIGEST_BLOCK))
    offset = 0
    while count := os.preadv(fd, [buffer], offset):
        stop.check()
        digest.update(buffer[:count])
        offset += count
    return digest.hexdigest()
