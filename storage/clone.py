"""The content of one file into another, by the cheapest way that both file systems know.

A reflink shares the blocks (XFS, btrfs); copy_file_range copies in the kernel, or in the servers of CephFS and
NFS; sendfile is left for what knows neither. Holes stay holes, also where they are not told. It knows nothing of names,
modes or trees.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator

from storage.clients import servers_copy
from storage.stop import Stop

_FICLONE = 0x40049409
_CHUNK = 8 << 20
"""Bytes between two looks at the stop: a tenth of a second on a slow disk."""
_OBJECT = 4 << 20
"""Bytes of one object of CephFS, of which it keeps none where nothing was written."""
_ZEROS = bytes(_OBJECT)
_BLOCK = 512
"""The unit of st_blocks, whatever the file system's own is."""
_UNABLE = frozenset({errno.EOPNOTSUPP, errno.ENOTTY, errno.ENOSYS, errno.EXDEV})
_REFUSED = _UNABLE | {errno.EINVAL}
"""EINVAL may be meant for one file only."""


class Ways:
    """What was learnt of a pair of file systems; shared between threads, which at worst learn the same twice."""

    __slots__ = ("hides_holes", "in_kernel", "reflink", "servers_copy")

    def __init__(self, *, reflink: bool = True, in_kernel: bool = True) -> None:
        self.reflink = reflink
        self.in_kernel = in_kernel
        self.hides_holes: bool | None = None
        """Whether the source says that every file is full of data, as CephFS does; None: nobody has asked."""
        self.servers_copy: bool | None = None
        """Whether the servers copy for us where `hides_holes`; None: nobody has asked."""


def clone(source: int, target: int, status: os.stat_result, ways: Ways, stop: Stop) -> None:
    """Make the empty file `target` hold what `source`, of `status`, holds. Raises OSError, and Stopped between two chunks."""
    size = status.st_size
    if not size or (ways.reflink and _reflink(source, target, ways)):
        return
    if status.st_blocks * _BLOCK >= size:
        if size > _OBJECT and _hides_holes(source, ways):
            _copy_objects(source, target, size, ways, stop)
        else:
            _copy(source, target, 0, size, ways, stop)
        return
    os.ftruncate(target, size)
    for start, end in _data(source, size):
        _copy(source, target, start, end, ways, stop)


def _reflink(source: int, target: int, ways: Ways) -> bool:
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        ways.reflink = error.errno not in _UNABLE
        return False
    return True


def _hides_holes(source: int, ways: Ways) -> bool:
    if ways.hides_holes is None:
        try:
            os.getxattr(source, "ceph.file.layout")
            ways.hides_holes = True
        except OSError:
            ways.hides_holes = False
    return ways.hides_holes


def _copy_objects(source: int, target: int, size: int, ways: Ways, stop: Stop) -> None:
    """In the servers where the client can; they refuse what was never written (ENOENT), and from there on we copy."""
    if ways.servers_copy is None:
        ways.servers_copy = servers_copy(source)
    done = 0
    try:
        while ways.servers_copy and done < size:
            stop.check()
            copied = os.copy_file_range(source, target, min(_CHUNK, size - done), done, done)
            if not copied:
                return  # it became shorter while we read
            done += copied
    except OSError as error:
        if error.errno not in _REFUSED | {errno.ENOENT}:
            raise
    if done < size:
        _copy_but_zeros(source, target, done, size, stop)


def _copy_but_zeros(source: int, target: int, offset: int, size: int, stop: Stop) -> None:
    """What is all zeros is left a hole, whatever it was: it reads the same."""
    os.ftruncate(target, size)
    while offset < size and (data := os.pread(source, _OBJECT, offset)):
        stop.check()
        if data != _ZEROS[: len(data)]:
            _write(target, data, offset)
        offset += len(data)


def _write(target: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(target, view, offset)
        view, offset = view[written:], offset + written


def _data(source: int, size: int) -> Iterator[tuple[int, int]]:
    """The parts of a sparse file that are not holes."""
    end = 0
    while end < size:
        try:
            start = os.lseek(source, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            return  # nothing but a hole is left
        end = min(os.lseek(source, start, os.SEEK_HOLE), size)
        yield start, end


def _copy(source: int, target: int, start: int, end: int, ways: Ways, stop: Stop) -> None:
    while start < end:
        stop.check()
        copied = _chunk(source, target, start, min(_CHUNK, end - start), ways)
        if not copied:
            return  # it became shorter while we read
        start += copied


def _chunk(source: int, target: int, offset: int, count: int, ways: Ways) -> int:
    if ways.in_kernel:
        try:
            return os.copy_file_range(source, target, count, offset, offset)
        except OSError as error:
            if error.errno not in _REFUSED:
                raise
            ways.in_kernel = False
    os.lseek(target, offset, os.SEEK_SET)
    return os.sendfile(target, source, offset, count)
