"""The members of a zip, in the order of its list of contents, which is read as it goes: nothing grows with its length.

Stored, deflated and bzip2 members, also larger than 4 GiB. What is encrypted, split, or says two things of itself is
refused. It decides nothing of names.
"""

from __future__ import annotations

import bz2
import calendar
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from storage.packed import Maker, Member, Refused, What, raw_deflate, span, unpacked
from storage.stop import Stop

_END = Struct("<4s4H2LH")
_END_MAGIC = b"PK\5\6"
_LOCATOR = Struct("<4sLQL")
_END64 = Struct("<4sQ2H2L4Q")
_ENTRY = Struct("<4s6H3L5H2L")
_LOCAL = Struct("<4s5H3L2H")
_COMMENT_MAX = 65_535
_FULL, _FULL64 = 0xFFFF, 0xFFFFFFFF
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_UNIX = 3
_FOLDER = 0x10
_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_METHODS: dict[int, Maker] = {_DEFLATED: raw_deflate, _BZIP2: bz2.BZ2Decompressor}
_LINK_MAX = 4096


@dataclass(frozen=True, slots=True)
class _List:
    """Where the list of contents lies."""

    start: int
    end: int
    count: int


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    folder: bool
    modified: float


def members(fd: int, size: int, stop: Stop) -> Iterator[Member]:
    """In order. Raises Refused where it is damaged, encrypted, split, or overlaps itself."""
    contents = _contents(fd, size)
    taken = 0
    for entry in _entries(fd, contents, stop):
        name = entry.name.decode(errors="replace")
        taken += entry.packed
        if taken > contents.start:  # before a bomb of members that share their bytes has done anything
            raise Refused("has members that overlap", name)
        try:
            yield _member(fd, entry, contents.start, stop)
        except Refused as refused:
            raise Refused(refused.why, refused.member or name) from refused


def _contents(fd: int, size: int) -> _List:
    at, end = _end(fd, size)
    _, disk, first_disk, here, count, length, offset, _ = end
    if at >= _LOCATOR.size and (_FULL in (here, count) or _FULL64 in (length, offset)):
        magic, _, where, _ = _LOCATOR.unpack(_read(fd, at - _LOCATOR.size, _LOCATOR.size))
        if magic == b"PK\6\7":
            magic, _, _, _, disk, first_disk, here, count, length, offset = _END64.unpack(_read(fd, where, _END64.size))
            if magic != b"PK\6\6":
                raise Refused("is damaged: its list of contents is not where it should be")
            at = where
    if disk or first_disk or here != count:
        raise Refused("is one part of several")
    if offset + length != at:
        raise Refused("is damaged, or has something else in front of it")
    return _List(offset, at, count)


def _end(fd: int, size: int) -> tuple[int, tuple[bytes, int, int, int, int, int, int, int]]:
    """Where the record lies with which a zip ends, and what it says."""
    start = max(0, size - _END.size - _COMMENT_MAX)
    tail = _read(fd, start, size - start)
    at = len(tail)
    while (at := tail.rfind(_END_MAGIC, 0, at)) >= 0:
        if len(tail) - at >= _END.size:
            fields = _END.unpack_from(tail, at)
            if at + _END.size + fields[7] == len(tail):
                return start + at, fields
    raise Refused("is no zip, or cut off")


def _entries(fd: int, contents: _List, stop: Stop) -> Iterator[_Entry]:
    at = contents.start
    for _ in range(contents.count):
        stop.check()
        fields = _ENTRY.unpack(_read(fd, at, _ENTRY.size))
        lengths = fields[10], fields[11], fields[12]
        end = at + _ENTRY.size + sum(lengths)
        if fields[0] != b"PK\1\2" or end > contents.end:
            raise Refused("has a damaged list of contents")
        text = _read(fd, at + _ENTRY.size, lengths[0] + lengths[1])
        yield _entry(fields, text[: lengths[0]], text[lengths[0] :])
        at = end
    if at != contents.end:
        raise Refused("has a damaged list of contents")


def _entry(fields: tuple[int, ...], name: bytes, extra: bytes) -> _Entry:
    _, made_by, _, flags, method, time, date, crc, packed, size, _, _, _, _, _, attributes, offset = fields
    size, packed, offset = _widened([size, packed, offset], _extra(extra, 1))
    stamp = _extra(extra, 0x5455)
    exact = len(stamp) >= 5 and stamp[0] & 1
    return _Entry(
        name=name,
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        offset=offset,
        mode=attributes >> 16 if made_by >> 8 == _UNIX else 0,
        folder=name.endswith(b"/") or (made_by >> 8 != _UNIX and bool(attributes & _FOLDER)),
        modified=int.from_bytes(stamp[1:5], "little", signed=True) if exact else _modified(date, time),
    )


def _widened(numbers: list[int], wide: bytes) -> list[int]:
    """Those that did not fit, from the field that holds them, in this order."""
    for at, number in enumerate(numbers):
        if number == _FULL64 and len(wide) >= 8:
            numbers[at], wide = int.from_bytes(wide[:8], "little"), wide[8:]
    return numbers


def _extra(extra: bytes, wanted: int) -> bytes:
    """The extra field of that kind; b"" where there is none."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = int.from_bytes(extra[at : at + 2], "little"), int.from_bytes(extra[at + 2 : at + 4], "little")
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _modified(date: int, time: int) -> float:
    """A local time of nobody knows where; taken for UTC."""
    day = (1980 + (date >> 9), max(1, date >> 5 & 15), max(1, date & 31))
    return float(calendar.timegm((*day, time >> 11, time >> 5 & 63, (time & 31) * 2, 0, 0, 0)))


def _member(fd: int, entry: _Entry, end: int, stop: Stop) -> Member:
    if entry.flags & _ENCRYPTED:
        raise Refused("is encrypted")
    what = _what(entry)
    content = _checked(_content(fd, entry, end, stop), entry)
    link = b""
    if what is What.SYMLINK:
        link, content = _link(content), iter(())
    return Member(entry.name, what, content, entry.modified, bool(entry.mode & 0o100), link)


def _what(entry: _Entry) -> What:
    if entry.folder and stat.S_IFMT(entry.mode) in (0, stat.S_IFREG, stat.S_IFDIR):
        if entry.size:
            raise Refused("is a directory with content")
        return What.DIRECTORY
    kinds = {
        0: What.FILE,
        stat.S_IFREG: What.FILE,
        stat.S_IFDIR: What.DIRECTORY,
        stat.S_IFLNK: What.SYMLINK,
        stat.S_IFIFO: What.FIFO,
        stat.S_IFSOCK: What.SOCKET,
        stat.S_IFCHR: What.DEVICE,
        stat.S_IFBLK: What.DEVICE,
    }
    return kinds.get(stat.S_IFMT(entry.mode), What.UNKNOWN)


def _content(fd: int, entry: _Entry, end: int, stop: Stop) -> Iterator[bytes]:
    local = _LOCAL.unpack(_read(fd, entry.offset, _LOCAL.size))
    name_at = entry.offset + _LOCAL.size
    start = name_at + local[9] + local[10]
    if local[0] != b"PK\3\4" or _read(fd, name_at, local[9]) != entry.name or start + entry.packed > end:
        raise Refused("is not what the list of contents says")
    source = span(fd, start, start + entry.packed, stop)
    if entry.method == _STORED:
        yield from source
    elif make := _METHODS.get(entry.method):
        yield from unpacked(source, make, stop, once=True) if entry.packed else ()
    else:
        raise Refused(f"is packed in a way that is not known here (method {entry.method})")


def _checked(content: Iterator[bytes], entry: _Entry) -> Iterator[bytes]:
    crc = count = 0
    for piece in content:
        crc, count = zlib.crc32(piece, crc), count + len(piece)
        if count > entry.size:
            break
        yield piece
    if (count, crc) != (entry.size, entry.crc):
        raise Refused("is damaged: its checksum or its length differs")


def _link(content: Iterator[bytes]) -> bytes:
    link = b""
    for piece in content:
        link += piece
        if len(link) > _LINK_MAX:
            raise Refused("is a link of more than 4096 bytes")
    return link


def _read(fd: int, offset: int, size: int) -> bytes:
    """Exactly those bytes."""
    try:
        data = os.pread(fd, size, offset)
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and offset < 1 << 63:
            raise
        raise Refused("is damaged: it points outside of itself") from error
    if len(data) < size:
        raise Refused("is damaged, or cut off")
    return data
