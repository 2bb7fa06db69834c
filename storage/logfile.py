"""A stage's log as it lies, read by offsets of what was written: a plain file while it may grow, a compressed one later.

    projects/PROJECT/stages/STAGE/log       CRI lines, which a container appends to
    projects/PROJECT/stages/STAGE/log.gz    the same once it is archived (`storage.members`): `zcat log.gz`

While one takes the place of the other, both are there; the plain one counts then, so a reader never sees less than was
written. What the lines say it never needs to know.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from storage.beneath import held, open_file
from storage.members import Unpacked

PACKED = ".gz"
"""Behind the path of a log that is archived."""
_BLOCK = 1 << 20
_LOOKS = 3
"""How often both names are looked for: a log may be brought back between two looks."""


class LogFile(Protocol):
    """A log, open. `size` in bytes as they were written, `modified` in Unix seconds."""

    @property
    def size(self) -> int: ...

    @property
    def modified(self) -> float: ...

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; b"" past the end. Raises OSError, DataLoss (ARCHIVE_DAMAGED)."""

    def span(self, at: int) -> tuple[int, int]:
        """Between which offsets the first line of time `at` or later (nanoseconds) begins, as far as that is known unread."""


@dataclass(frozen=True, slots=True)
class Plain:
    """As its stage writes it."""

    fd: int

    @property
    def size(self) -> int:
        return os.fstat(self.fd).st_size

    @property
    def modified(self) -> float:
        return os.fstat(self.fd).st_mtime

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self.fd, size, offset)

    def span(self, at: int) -> tuple[int, int]:
        return 0, self.size


@dataclass(frozen=True, slots=True)
class Packed:
    """As it is archived; `path` is what errors name."""

    fd: int
    unpacked: Unpacked
    path: str

    @property
    def size(self) -> int:
        return self.unpacked.index(self.fd).size

    @property
    def modified(self) -> float:
        return os.fstat(self.fd).st_mtime

    def read(self, offset: int, size: int) -> bytes:
        return self.unpacked.read(self.fd, offset, size, self.path)

    def span(self, at: int) -> tuple[int, int]:
        """Members know the time of their first line; those that begin without one say nothing."""
        index = self.unpacked.index(self.fd)
        low, high = 0, index.size
        for start, mark in zip(index.starts, index.marks, strict=True):
            if mark and mark < at:
                low = start
            elif mark >= at and start > low:
                return low, start
        return low, high


@contextmanager
def opened(root: int, path: str, unpacked: Unpacked) -> Iterator[LogFile]:
    """The log at `path`, in whichever form it lies. Raises OSError: ENOENT where there is none."""
    for last in range(_LOOKS):
        with suppress(FileNotFoundError):
            plain = open_file(root, path, follow=False)
            break
        try:
            packed = open_file(root, f"{path}{PACKED}", follow=False)
        except FileNotFoundError:
            if last == _LOOKS - 1:
                raise
        else:
            with held(packed):
                yield Packed(packed, unpacked, f"{path}{PACKED}")
            return
    with held(plain):
        yield Plain(plain)


def blocks(log: LogFile, offset: int) -> Iterator[bytes]:
    """Whole lines up to what is there now, about a MiB at a time; a line longer than that comes in pieces."""
    end = log.size
    while offset < end:
        data = log.read(offset, min(_BLOCK, end - offset))
        whole = data.rfind(b"\n") + 1
        if not whole and len(data) < _BLOCK:
            return
        block = data[:whole] if whole else data
        yield block
        offset += len(block)
