"""Logs that have ended take the form of archives, and come back when somebody adds to one.

The compressed file is written under a hidden name, read back and compared by its hash with the log, made safe and shown; only
then the log goes. Cut at any step there is one whole log, and the next call goes on. What the lines say it never needs to
know, but for the time with which a piece begins.
"""

from __future__ import annotations

import hashlib
import os
import re
from calendar import timegm
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from storage.beneath import held, open_file
from storage.drafts import drafted
from storage.logfile import PACKED
from storage.members import MEMBER, Packing, contents, read_index, verified
from storage.pace import Pace
from storage.stop import Stop
from winslow.errors import Conflict, DataLoss

LEAST = 4096
"""Bytes of the smallest log that is compressed: a smaller one would take as much of the disk as before."""
_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00) ")
_PLAIN_MODE = 0o644


@dataclass(frozen=True, slots=True)
class _State:
    """By which it is told that nobody has written."""

    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> _State:
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


def archive(home: int, name: str, subject: str, quiet_since: float, pace: Pace, stop: Stop) -> bool:
    """Compress the log `name` in directory `home`, unless it was written to after `quiet_since` (Unix seconds).

    Whether there is nothing left to do: it is compressed, or too small, or there is none. Done twice, it is done once.
    Raises OSError, Conflict (LOG_CHANGED), DataLoss (ARCHIVE_DAMAGED, ARCHIVE_DIFFERS).
    """
    try:
        fd = open_file(home, name, follow=False)
    except FileNotFoundError:
        return True
    with held(fd):
        status = os.fstat(fd)
        if status.st_size < LEAST and not _exists(home, f"{name}{PACKED}"):
            return True
        if status.st_mtime > quiet_since:
            return False
        if not _is_archived(home, name, fd, pace, stop):
            _write(home, name, fd, subject, pace, stop)
        _require_unchanged(home, name, fd, _State.of(status), subject)
    os.unlink(name, dir_fd=home)
    os.fsync(home)
    return True


def bring_back(home: int, name: str, subject: str, stop: Stop) -> None:
    """Make a plain log again of one that is archived, so that it can be written to; the archive stays beside it.

    Nothing happens where there is a plain one, or none at all. Raises OSError, DataLoss (ARCHIVE_DAMAGED).
    """
    if _exists(home, name):
        return
    with suppress(FileNotFoundError), held(open_file(home, f"{name}{PACKED}", follow=False)) as packed:
        with drafted(home, name) as fd:
            for content in contents(packed, read_index(packed), subject, stop):
                _write_all(fd, content)
            status = os.fstat(packed)
            os.utime(fd, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.chmod(name, _PLAIN_MODE, dir_fd=home)


def _is_archived(home: int, name: str, log: int, pace: Pace, stop: Stop) -> bool:
    """Whether what was archived before is all of the log: a crash came before the log went."""
    with suppress(FileNotFoundError), held(open_file(home, f"{name}{PACKED}", follow=False)) as packed:
        index = read_index(packed)
        size = os.fstat(log).st_size
        return index.size == size and verified(packed, stop) == _digest(log, size, pace, stop)
    return False


def _write(home: int, name: str, log: int, subject: str, pace: Pace, stop: Stop) -> None:
    """The archive of the log, behind what is archived that the log does not go on from."""
    status = os.fstat(log)
    with ExitStack() as stack:
        size, parts = status.st_size, [_blocks(log, status.st_size, pace, stop)]
        if (apart := _apart(home, name, log, pace, stop)) is not None:
            index = read_index(stack.enter_context(held(apart)))
            size, parts = size + index.size, [contents(apart, index, subject, stop), *parts]
        fd = stack.enter_context(drafted(home, f"{name}{PACKED}"))
        packing = Packing(fd)
        for block in chain.from_iterable(parts):
            packing.add(block, first_time(block))
        packed = packing.finish()
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)  # what is verified is what the disk has
        if packed.size != size or verified(fd, stop) != packed.sha256:
            raise DataLoss(
                f"What was written of {subject!r} is not what was to be written",
                reason="ARCHIVE_DIFFERS",
                subject=subject,
                hint="The log stays as it is. A disk of this node or of the shared file system fails: look at their logs",
            )
        os.utime(fd, ns=(status.st_atime_ns, status.st_mtime_ns))


def _apart(home: int, name: str, log: int, pace: Pace, stop: Stop) -> int | None:
    """An archive, open, that the log does not begin with: lines were written where the log had been. None where there is none."""
    try:
        packed = open_file(home, f"{name}{PACKED}", follow=False)
    except FileNotFoundError:
        return None
    try:
        size = read_index(packed).size
        if size <= os.fstat(log).st_size and verified(packed, stop) == _digest(log, size, pace, stop):
            os.close(packed)
            return None
    except BaseException:
        os.close(packed)
        raise
    return packed


def _digest(log: int, size: int, pace: Pace, stop: Stop) -> str:
    digest = hashlib.sha256()
    for block in _blocks(log, size, pace, stop):
        digest.update(block)
    return digest.hexdigest()


def _blocks(log: int, size: int, pace: Pace, stop: Stop) -> Iterator[bytes]:
    """The first `size` bytes of the log, cut behind lines where there are any."""
    offset = 0
    while offset < size and (data := os.pread(log, min(MEMBER, size - offset), offset)):
        whole = data.rfind(b"\n") + 1
        block = data[:whole] if whole else data
        pace.took(len(block), stop)
        yield block
        offset += len(block)


def first_time(block: bytes) -> int:
    """The time of the line that `block` begins with, in Unix nanoseconds; 0 where it begins with none."""
    found = _TIME.match(block)
    if found is None:
        return 0
    try:
        whole = datetime.strptime(found[1].decode(), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return timegm(whole.utctimetuple()) * 1_000_000_000 + int((found[2] or b"0").ljust(9, b"0"))


def _require_unchanged(home: int, name: str, log: int, before: _State, subject: str) -> None:
    """Nobody wrote to the log, or put another in its place, while it was archived. Raises Conflict (LOG_CHANGED)."""
    now = {_State.of(os.fstat(log)), _State.of(os.stat(name, dir_fd=home, follow_symlinks=False))}
    if now != {before}:
        raise Conflict(
            f"{subject!r} was written to while it was archived",
            reason="LOG_CHANGED",
            subject=subject,
            hint="It stays as it is, and is archived later",
        )


def _exists(home: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=home, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
