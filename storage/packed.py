"""What an archive holds, whatever its format: members in order, each with bytes that come as they are taken.

It is read by our own few lines and not by `tarfile` and `zipfile`: those keep every member in memory, read headers of
whatever length they claim, and follow what they say; here nothing grows with what an archive says of itself (ADR 21).
"""

from __future__ import annotations

import bz2
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from storage.stop import Stop

PIECE = 256 << 10
"""Bytes that are held of any content at once."""
_MEMORY = 128 << 20
"""Bytes that xz may use; its largest preset needs 65 MiB."""


class Refused(Exception):
    """The archive is not taken: `why`, and because of which member ("" for the whole)."""

    def __init__(self, why: str, member: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.member = member


class What(Enum):
    """What a member is; `value` as people are told."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symbolic link"
    HARD_LINK = "hard link"
    DEVICE = "device"
    FIFO = "FIFO"
    SOCKET = "socket"
    UNKNOWN = "kind of entry that is not known here"


@dataclass(frozen=True, slots=True)
class Member:
    """`name` and `link` are as they are written. `content` must be taken before the next member is asked for.

    `modified` in Unix seconds. `content` raises Refused where it is damaged, and its length is what comes, not what is claimed.
    """

    name: bytes
    what: What
    content: Iterator[bytes]
    modified: float
    executable: bool = False
    link: bytes = b""


class _Gzip:
    """zlib's, with what it has not looked at yet kept inside, as bz2 and lzma do."""

    def __init__(self, wbits: int = 31) -> None:
        self._inner = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


Maker = Callable[[], "_Gzip | bz2.BZ2Decompressor | lzma.LZMADecompressor"]
COMPRESSIONS: dict[bytes, Maker] = {
    b"\x1f\x8b": _Gzip,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(memlimit=_MEMORY),
}
"""By what a compressed stream begins with."""


def raw_deflate() -> _Gzip:
    """Of a zip's member."""
    return _Gzip(-15)


def span(fd: int, start: int, end: int, stop: Stop) -> Iterator[bytes]:
    """The bytes of a file from `start` to `end`; fewer where it is shorter."""
    while start < end:
        stop.check()
        data = os.pread(fd, min(PIECE, end - start), start)
        if not data:
            return
        yield data
        start += len(data)


def unpacked(source: Iterator[bytes], make: Maker, stop: Stop, *, once: bool = False) -> Iterator[bytes]:
    """What was compressed, in pieces of at most 256 KiB; with `once`, one stream of it only. Raises Refused."""
    data = b""
    try:
        while data := data.lstrip(b"\0") or _next(source):
            one, ended = make(), False
            while not one.eof:
                stop.check()
                if not data and one.needs_input:
                    data = next(source, b"")
                    ended = not data
                piece, data = one.decompress(data, PIECE), b""
                if piece:
                    yield piece
                elif ended and not one.eof:
                    raise Refused("ends in the middle")
            data = one.unused_data
            if once:
                return
    except (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the file system's, not bz2's
        raise Refused(f"is damaged ({error})") from error


def _next(source: Iterator[bytes]) -> bytes:
    """Behind a stream: the next bytes that are not padding."""
    for data in source:
        if rest := data.lstrip(b"\0"):
            return rest
    return b""


class Reader:
    """Bytes of a stream, taken one after another. Never holds more than a piece beside what is asked for."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._data = b""

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes, or none at the end. Raises Refused in between."""
        parts: list[bytes] = []
        missing = size
        for piece in self.pieces(size, whole=False):
            parts.append(piece)
            missing -= len(piece)
        if missing not in (0, size):
            raise Refused("ends in the middle")
        return b"".join(parts)

    def pieces(self, size: int, *, whole: bool = True) -> Iterator[bytes]:
        """The same, as they come. Raises Refused where there are fewer, when all are wanted."""
        while size:
            data = self._data or next(self._source, b"")
            if not data:
                if whole:
                    raise Refused("ends in the middle")
                return
            self._data = data[size:]
            size -= len(piece := data[:size])
            yield piece
