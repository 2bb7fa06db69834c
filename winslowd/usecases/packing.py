"""Streams of tar and zip: members in, bytes out, nothing kept but what a zip says of itself at its end.

Content is stored as it is, since what is large here is packed already. A tar has links as links; a zip knows none that every
program reads, so it has none. The list of contents that ends a zip is kept compressed until then, some 30 bytes for a file. It
never needs to know where members come from.
"""

from __future__ import annotations

import tarfile
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from struct import Struct

from winslow.errors import Exhausted
from winslow.ports import Entry

LIST_MAX = 64 << 20
"""Bytes of a zip's compressed list of contents: some two million files."""
_BLOCK = tarfile.BLOCKSIZE
_EARLIEST = 315_532_800.0
"""1980: a zip knows no earlier time."""
_LATEST = 4_354_819_198.0
_LOCAL = Struct("<4s5H3L2H")
_ENTRY = Struct("<4s6H3L5H2L")
_END64 = Struct("<4sQ2H2L4Q")
_LOCATOR = Struct("<4sLQL")
_END = Struct("<4s4H2LH")
_DESCRIBED = Struct("<4sLQQ")
_WIDE = Struct("<2H2Q")
_WIDEST = Struct("<2H3Q")
_VERSION = 45
_UNIX = 3 << 8
_UTF8, _LATER = 0x0800, 0x0008
_FULL = 0xFFFFFFFF
_PIECE = 1 << 20
_MESSAGE = 256 << 10


@dataclass(frozen=True, slots=True)
class Member:
    """`content` has exactly `entry.size` bytes, or raises; a link leads to `link`. Names are relative, with '/'."""

    name: str
    entry: Entry
    content: AsyncIterator[bytes] | None = None
    link: str = ""


Packed = Callable[[AsyncIterator[Member]], AsyncIterator[bytes]]


async def tar(members: AsyncIterator[Member]) -> AsyncIterator[bytes]:
    """As a tar stream, in the PAX format: any name, any size."""
    async for member in members:
        yield _tar_header(member)
        if member.content is not None:
            async for piece in member.content:
                yield piece
            yield bytes(-member.entry.size % _BLOCK)
    yield bytes(2 * _BLOCK)


async def zip_(members: AsyncIterator[Member]) -> AsyncIterator[bytes]:
    """As a zip stream, with 64-bit sizes. Raises Exhausted (ARCHIVE_TOO_LARGE) for more files than a list can tell."""
    contents = _Contents()
    offset = 0
    async for member in members:
        if member.link:
            continue
        head = _Head.of(member)
        yield (began := head.local())
        crc = 0
        if member.content is not None:
            async for piece in member.content:
                crc = zlib.crc32(piece, crc)
                yield piece
        yield (ended := head.described(crc))
        contents.add(head.listed(crc, offset))
        offset += len(began) + head.size + len(ended)
    start = offset
    for piece in contents.pieces():
        offset += len(piece)
        yield piece
    yield _zip_end(contents.count, start, offset - start)


async def gathered(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in fewer pieces: a header by itself is not worth a message."""
    waiting: list[bytes] = []
    size = 0
    async for piece in stream:
        waiting.append(piece)
        size += len(piece)
        if size >= _MESSAGE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


FORMATS: dict[str, tuple[str, Packed]] = {
    "tar": ("application/x-tar", tar),
    "zip": ("application/zip", zip_),
}
"""By name: the media type, and what makes it."""


def _tar_header(member: Member) -> bytes:
    info = tarfile.TarInfo(member.name)
    info.mtime = int(member.entry.modified)
    if member.link:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, member.link, 0o777
    elif member.content is None:
        info.type, info.mode = tarfile.DIRTYPE, 0o755
    else:
        info.size, info.mode = member.entry.size, 0o755 if member.entry.executable else 0o644
    return info.tobuf(tarfile.PAX_FORMAT)


@dataclass(frozen=True, slots=True)
class _Head:
    """What a zip says of one member, before it and in its list."""

    name: bytes
    size: int
    mode: int
    date: int
    time: int

    @classmethod
    def of(cls, member: Member) -> _Head:
        # Where '\' parts names it could lead out of the directory that is unpacked into.
        name = member.name.replace("\\", "_") + ("/" if member.content is None else "")
        year, month, day, hour, minute, second, *_ = time.localtime(min(max(member.entry.modified, _EARLIEST), _LATEST))
        mode = 0o40755 if member.content is None else 0o100755 if member.entry.executable else 0o100644
        date = max(0, year - 1980) << 9 | month << 5 | day
        size = member.entry.size if member.content is not None else 0
        return cls(name.encode(), size, mode, date, hour << 11 | minute << 5 | second // 2)

    @property
    def _flags(self) -> int:
        return _UTF8 | (_LATER if self.size else 0)

    def local(self) -> bytes:
        wide = _WIDE.pack(1, 16, self.size, self.size) if self.size else b""
        size = _FULL if self.size else 0
        fixed = _LOCAL.pack(
            b"PK\3\4", _VERSION, self._flags, 0, self.time, self.date, 0, size, size, len(self.name), len(wide)
        )
        return fixed + self.name + wide

    def described(self, crc: int) -> bytes:
        """What follows a content whose checksum was not known before."""
        return _DESCRIBED.pack(b"PK\7\10", crc, self.size, self.size) if self.size else b""

    def listed(self, crc: int, offset: int) -> bytes:
        wide = _WIDEST.pack(1, 24, self.size, self.size, offset)
        attributes = self.mode << 16 | (0x10 if self.name.endswith(b"/") else 0)
        lengths = (len(self.name), len(wide), 0, 0, 0)
        fixed = _ENTRY.pack(
            *(b"PK\1\2", _UNIX | _VERSION, _VERSION, self._flags, 0, self.time, self.date, crc, _FULL, _FULL),
            *(*lengths, attributes, _FULL),
        )
        return fixed + self.name + wide


class _Contents:
    """A zip's list of contents, kept compressed."""

    def __init__(self) -> None:
        self.count = 0
        self._packer = zlib.compressobj(6)
        self._packed: list[bytes] = []
        self._size = 0

    def add(self, entry: bytes) -> None:
        self.count += 1
        if piece := self._packer.compress(entry):
            self._packed.append(piece)
            self._size += len(piece)
        if self._size > LIST_MAX:
            raise Exhausted(
                f"A zip's list of {self.count:,} files is too long to be kept",
                reason="ARCHIVE_TOO_LARGE",
                subject="format",
                hint="Take it as a tar, which needs no list",
            )

    def pieces(self) -> Iterator[bytes]:
        """The list, a MiB at most at a time."""
        unpacker = zlib.decompressobj()
        for packed in [*self._packed, self._packer.flush()]:
            waiting = packed
            while waiting:
                yield unpacker.decompress(waiting, _PIECE)
                waiting = unpacker.unconsumed_tail
        yield unpacker.flush()


def _zip_end(count: int, start: int, size: int) -> bytes:
    """The end in 64 bits, and the old one that leads there."""
    end64 = _END64.pack(b"PK\6\6", _END64.size - 12, _VERSION, _VERSION, 0, 0, count, count, size, start)
    locator = _LOCATOR.pack(b"PK\6\7", 0, start + size, 1)
    return end64 + locator + _END.pack(b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, _FULL, _FULL, 0)
