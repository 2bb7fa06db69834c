"""The names in a directory as the kernel tells them: a few at a time, and from where one left off (getdents64).

Python's own scandir begins anew each time; a directory of a million names would be gone through for every page of it.
The position behind each name is the file system's own (`d_off`), good for as long as the directory is, in any process
of this machine; names that come or go meanwhile move none of the others. It knows no paths and asks nothing else of a name.

These functions raise OSError; `storage.faults` gives it words.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

_HEADER = Struct("=QqHB")
"""Inode, position behind it, length of the record, type; the name follows, ended by NUL."""
_BLOCK = 128 << 10
_DOTS = frozenset({b".", b".."})

_libc = ctypes.CDLL(None, use_errno=True)
_getdents = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, use_errno=True)(
    ("getdents64", _libc)
)

UNKNOWN, DIRECTORY, FILE, SYMLINK = 0, 4, 8, 10
"""Types of entries (`d_type`) that mean something to us; a file system may not know them."""


class Dirent(NamedTuple):
    """A name with the bytes that are not UTF-8 escaped as `os.fsdecode` does; `position` is the one behind it."""

    name: str
    type: int
    position: int


def dirents(directory: int, position: int = 0) -> Iterator[Dirent]:
    """The entries from `position` on (0: all), in the directory's own order. A position that is none: EINVAL, or no entries."""
    for block in blocks(directory, position):
        yield from parsed(block)


def blocks(directory: int, position: int = 0) -> Iterator[bytes]:
    """The same, as the kernel fills them; what is not looked at costs a fifth of a microsecond a name."""
    os.lseek(directory, position, os.SEEK_SET)
    buffer = ctypes.create_string_buffer(_BLOCK)
    while size := _filled(directory, buffer):
        yield ctypes.string_at(buffer, size)


def parsed(block: bytes) -> Iterator[Dirent]:
    """The entries of a block."""
    at = 0
    while at < len(block):
        _, position, length, type_ = _HEADER.unpack_from(block, at)
        start = at + _HEADER.size
        name = block[start : block.index(b"\0", start)]
        at += length
        if name not in _DOTS:
            yield Dirent(os.fsdecode(name), type_, position)


def _filled(directory: int, buffer: ctypes.Array[ctypes.c_char]) -> int:
    while (size := _getdents(directory, buffer, _BLOCK)) < 0:
        code = ctypes.get_errno()
        if code == errno.ENOENT:  # it was removed while it was open
            return 0
        if code != errno.EINTR:
            raise OSError(code, os.strerror(code))
    return int(size)
