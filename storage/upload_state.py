"""The data files of uploads that are open in this process, and how far each has been hashed.

All of it can be lost: what is open again begins to hash at the start, in the background. Knows no promises.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from storage.stop import Stop

if TYPE_CHECKING:
    from hashlib import _Hash

_OPEN_MAX = 128
_FOLLOW_AT = 8 << 20
"""Bytes that the hash may be behind before the follower is woken."""
_BLOCK = 1 << 20
_NOT_IN_KERNEL = frozenset({errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})

Background = Callable[[Callable[[], None]], None]
"""Has work done by another thread, some time or never."""


class Data:
    """One upload's data. `offset` bytes are in the file; written to only by who holds the upload's lock."""

    def __init__(self, directory: int, name: str) -> None:
        self._directory = os.dup(directory)
        self._name = name
        self.fd = os.open(name, os.O_RDWR | os.O_NOFOLLOW, dir_fd=directory)
        self.offset = os.fstat(self.fd).st_size
        self.users = 0
        self.safe: int | None = None
        """Bytes that are known to be on the disk, once somebody asked."""
        self.settled = False
        """Whether its name is safe on disk, too."""
        self._failed = False
        self._hash, self._hashed = _new_hash(), 0
        self._hashing = threading.Lock()
        self._following = False
        self._closing = False

    def look(self) -> None:
        """Take over what another node wrote. Raises FileNotFoundError when it was published or forgotten meanwhile."""
        mine, there = os.fstat(self.fd), os.stat(self._name, dir_fd=self._directory, follow_symlinks=False)
        if (mine.st_dev, mine.st_ino) != (there.st_dev, there.st_ino):
            raise FileNotFoundError
        self.offset = mine.st_size
        if self.offset < self._hashed:
            with self._hashing:
                self._hash, self._hashed = _new_hash(), 0

    def write(self, data: memoryview) -> None:
        """Append. Raises OSError; then `offset` says how much there was room for."""
        while data:
            written = os.pwrite(self.fd, data, self.offset)
            self.offset += written
            data = data[written:]

    def take(self, source: int, count: int) -> int:
        """Append up to `count` bytes that wait in the pipe `source`; says how many. Raises OSError."""
        taken = os.splice(source, self.fd, count, offset_dst=self.offset, flags=os.SPLICE_F_MOVE)
        self.offset += taken
        return taken

    def copy(self, source: int, begin: int, end: int, stop: Stop) -> None:
        """Append what lies from `begin` to `end` in the file `source`. Raises OSError, Stopped."""
        while begin < end:
            stop.check()
            copied = _copied(source, self.fd, min(end - begin, _FOLLOW_AT), begin, self.offset)
            if not copied:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            begin, self.offset = begin + copied, self.offset + copied

    def make_safe(self, offset: int) -> None:
        """Have all before `offset` on the disk. What the disk fails to take is cut off, since asked again it might say yes.

        Raises OSError.
        """
        try:
            self.sync(offset)
        finally:
            self.cut_off()

    def sync(self, offset: int) -> None:
        """The same, beside who writes: it is for that one to cut off then, or a hole would be what comes next."""
        if self._failed:  # and nothing could be cut off, since nobody knows what was safe before us
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        try:
            os.fdatasync(self.fd)
        except OSError:
            self._failed = True
            raise
        self.safe = offset

    def cut_off(self) -> None:
        """Forget what the disk failed to take, if it did. Nobody writes meanwhile."""
        if self._failed and self.safe is not None:
            with suppress(OSError):
                os.ftruncate(self.fd, self.safe)
            self._failed = False

    def digest(self, stop: Stop) -> str:
        """SHA-256 of everything up to `offset`."""
        self._follow(stop)
        return self._hash.hexdigest()

    def wake_follower(self, background: Background) -> None:
        """Have the hash catch up when it is far behind."""
        if not self._following and self.offset - self._hashed >= _FOLLOW_AT:
            self._following = True
            background(self._catch_up)

    def close(self) -> None:
        self._closing = True
        with self._hashing:
            os.close(self.fd)
            os.close(self._directory)

    def _catch_up(self) -> None:
        # A fault of the disk is met again, and told, by the commit.
        with suppress(OSError):
            self._follow(Stop())
        self._following = False

    def _follow(self, stop: Stop) -> None:
        with self._hashing:
            buffer = memoryview(bytearray(_BLOCK))
            while self._hashed < self.offset and not self._closing:
                stop.check()
                count = os.preadv(self.fd, [buffer[: self.offset - self._hashed]], self._hashed)
                if not count:
                    return
                self._hash.update(buffer[:count])
                self._hashed += count


class OpenUploads:
    """At most 128 of them; the one that rested longest is closed for another."""

    def __init__(self, background: Background) -> None:
        self.background = background
        self._open: dict[str, Data] = {}
        self._guard = threading.Lock()

    @contextmanager
    def use(self, key: str, opened: Callable[[], Data]) -> Iterator[Data]:
        """The data of upload `key`, by `opened` where it is not open yet. The caller holds the upload's lock."""
        with self._guard:
            data = self._open.pop(key, None)
            if data is not None:
                self._open[key] = data
                data.users += 1
        if data is None:
            data = self._add(key, opened())
        try:
            yield data
            data.wake_follower(self.background)
        finally:
            with self._guard:
                data.users -= 1

    def close(self, key: str) -> None:
        """Nothing happens when it is not open."""
        with self._guard:
            data = self._open.pop(key, None)
        if data is not None:
            data.close()

    def _add(self, key: str, data: Data) -> Data:
        data.users = 1
        with self._guard:
            self._open[key] = data
            resting = [other for other, each in self._open.items() if not each.users]
            idle = self._open.pop(resting[0]) if resting and len(self._open) > _OPEN_MAX else None
        if idle is not None:
            idle.close()
        return data


def _copied(source: int, target: int, count: int, begin: int, at: int) -> int:
    """In the kernel, or in the servers; through our memory where two file systems know no other way."""
    try:
        return os.copy_file_range(source, target, count, begin, at)
    except OSError as error:
        if error.errno not in _NOT_IN_KERNEL:
            raise
    return os.pwrite(target, os.pread(source, min(count, _BLOCK), begin), at)


def _new_hash() -> _Hash:
    import hashlib

    return hashlib.sha256()
