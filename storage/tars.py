"""The members of a tar, plain or compressed: ustar, GNU's long names, and PAX headers. What these cannot say is refused.

Read from front to end, a header at a time. It decides nothing of names.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from storage.packed import COMPRESSIONS, Maker, Member, Reader, Refused, What, span, unpacked
from storage.stop import Stop

_BLOCK = 512
_HEADER_MAX = 1 << 20
"""Bytes of a header that says long names; no path is longer than 4096."""
_HEADERS = 16
"""Headers before one member."""
_WHAT = {
    b"0": What.FILE,
    b"\0": What.FILE,
    b"7": What.FILE,
    b"1": What.HARD_LINK,
    b"2": What.SYMLINK,
    b"3": What.DEVICE,
    b"4": What.DEVICE,
    b"5": What.DIRECTORY,
    b"6": What.FIFO,
}


@dataclass(slots=True)
class _Said:
    """What headers before a member say of it, in place of its own."""

    path: bytes | None = None
    link: bytes | None = None
    size: int | None = None
    modified: float | None = None


def is_tar(fd: int, size: int, make: Maker | None, stop: Stop) -> bool:
    """Whether it begins as a tar does."""
    try:
        block = Reader(_stream(fd, size, make, stop)).take(_BLOCK)
    except Refused:
        return False
    return len(block) == _BLOCK and (not any(block) or _sum_is_right(block))


def compression(start: bytes) -> Maker | None:
    """By the first bytes of a file."""
    return next((make for magic, make in COMPRESSIONS.items() if start.startswith(magic)), None)


def members(fd: int, size: int, make: Maker | None, stop: Stop) -> Iterator[Member]:
    """In order. Raises Refused where it is no tar, is damaged, or ends too early."""
    reader = Reader(_stream(fd, size, make, stop))
    while (block := reader.take(_BLOCK)) and any(block):
        said = _Said()
        for _ in range(_HEADERS):
            if not _says(block, reader, said):
                break
            block = reader.take(_BLOCK)
        else:
            raise Refused("has too many headers before one member")
        yield from _member(block, reader, said)
    if not block:
        raise Refused("ends in the middle")


def _stream(fd: int, size: int, make: Maker | None, stop: Stop) -> Iterator[bytes]:
    source = span(fd, 0, size, stop)
    return unpacked(source, make, stop) if make else source


def _member(block: bytes, reader: Reader, said: _Said) -> Iterator[Member]:
    _require(block)
    kind = block[156:157]
    name = _name(block) if said.path is None else said.path
    what = _WHAT.get(kind, What.UNKNOWN)
    if kind in b"\0" and name.endswith(b"/"):
        what = What.DIRECTORY  # as before there was a kind for it
    has_content = what in (What.FILE, What.UNKNOWN)
    size = _number(block[124:136]) if said.size is None else said.size
    size = size if has_content else 0
    content = reader.pieces(size)
    yield Member(
        name=name,
        what=what,
        content=content,
        modified=_number(block[136:148]) if said.modified is None else said.modified,
        executable=bool(_number(block[100:108]) & 0o100),
        link=_text(block[157:257]) if said.link is None else said.link,
    )
    for _ in content:  # what was not taken
        pass
    _skip(reader, size)


def _says(block: bytes, reader: Reader, said: _Said) -> bool:
    """Whether `block` heads something that only tells of the next member; then it is read."""
    if len(block) < _BLOCK:
        raise Refused("ends in the middle")
    kind = block[156:157]
    if kind not in (b"x", b"g", b"L", b"K"):
        return False
    _require(block)
    size = _number(block[124:136])
    if size > _HEADER_MAX:
        raise Refused(f"has a header of {size} bytes")
    data = reader.take(size) if size else b""
    if len(data) < size:
        raise Refused("ends in the middle")
    _skip(reader, size)
    if kind == b"L":
        said.path = _text(data)
    elif kind == b"K":
        said.link = _text(data)
    elif kind == b"x":
        _pax(data, said)
    return True


def _skip(reader: Reader, size: int) -> None:
    for _ in reader.pieces(-size % _BLOCK):
        pass


def _pax(data: bytes, said: _Said) -> None:
    """Records of `LENGTH KEY=VALUE\\n`."""
    at = 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + 8)
        if space < 0 or not data[at:space].isdigit():
            raise Refused("has a damaged header")
        end = at + int(data[at:space])
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals or data[end - 1 : end] != b"\n":
            raise Refused("has a damaged header")
        at = end
        _take(key, value, said)


def _take(key: bytes, value: bytes, said: _Said) -> None:
    if key == b"path":
        said.path = value
    elif key == b"linkpath":
        said.link = value
    elif key == b"size":
        if not value.isdigit() or len(value) > 19:
            raise Refused("has a damaged header")
        said.size = int(value)
    elif key == b"mtime":
        said.modified = _seconds(value)
    elif key.startswith(b"GNU.sparse."):
        raise Refused("keeps a file without its holes; pack it without --sparse")


def _seconds(value: bytes) -> float:
    try:
        seconds = float(value)
    except ValueError:
        raise Refused("has a damaged header") from None
    return seconds if math.isfinite(seconds) else 0.0


def _require(block: bytes) -> None:
    if len(block) < _BLOCK or not _sum_is_right(block):
        raise Refused("is no tar, or damaged")


def _sum_is_right(block: bytes) -> bool:
    try:
        said = _number(block[148:156])
    except Refused:
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    return said in (sum(rest), sum(rest) - 256 * sum(one > 127 for one in rest))  # some add up signed bytes


def _number(field: bytes) -> int:
    """Octal digits, or, where those do not suffice, the bytes themselves."""
    if field[0] & 0x80:
        number = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        if field[0] & 0x40 or number >= 1 << 63:
            raise Refused("has a damaged header")
        return number
    digits = field.strip(b" \0").split(b"\0")[0].strip()
    if not all(one in b"01234567" for one in digits):
        raise Refused("has a damaged header")
    return int(digits or b"0", 8)


def _name(block: bytes) -> bytes:
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else b""
    return prefix + b"/" + _text(block[:100]) if prefix else _text(block[:100])


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]
