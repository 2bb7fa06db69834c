"""A log in ranges of bytes that share no line and miss none: each has the lines that begin in it, whole.

Who shows a log of any length asks for the ranges that are in sight, in any order, and never needs to know where lines begin.
It reads nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

BEFORE = 64 << 10
"""Bytes that are read before a range, to see whether its first lines go on with others."""
BEHIND = 32 << 10
"""Bytes that are read behind a range at first: its last line is seldom longer."""
RANGE = 64 << 10
RANGE_MAX = 1 << 20
_STREAMS = (b"stdout", b"stderr")
_PIECE = re.compile(rb"[^ \n]{1,40} std(?:out|err) P ")


def lines_in(data: bytes, begins: int, offset: int, size: int) -> tuple[int, int]:
    """Between which places of `data` the lines lie that begin in the `size` bytes from `offset`; equal where there are none.

    `data` was read from byte `begins` of the log, which is before `offset` or is the log's beginning. Where its end comes
    before that of the last of those lines, they end with it.
    """
    first = offset - begins
    start = 0 if offset == 0 else data.find(b"\n", first - 1) + 1
    if (start == 0 and offset) or start >= first + size or start >= len(data):
        return 0, 0
    end = data.find(b"\n", first + size - 1) + 1
    return start, end or len(data)


def continued(before: bytes, *, whole: bool) -> tuple[str, ...]:
    """The streams that are within a line where `before` ends. Its first line is cut unless it is `whole`."""
    open_: dict[bytes, bool] = {}
    lines = before.split(b"\n")[:-1]
    for line in reversed(lines if whole else lines[1:]):
        _, stream, tag, *_ = [*line.split(b" ", 3), b"", b""]
        if stream in _STREAMS:
            open_.setdefault(stream, tag == b"P")
            if len(open_) == len(_STREAMS):
                break
    return tuple(stream.decode() for stream in _STREAMS if open_.get(stream))


def backwards(data: bytes) -> Iterator[tuple[int, int]]:
    """The lines that end in `data`, the last one first: where each begins (0 where that may be before it) and where its newline is."""
    place = data.rfind(b"\n")
    while place >= 0:
        before = data.rfind(b"\n", 0, place)
        yield before + 1, place
        place = before


def is_piece(data: bytes, begins: int) -> bool:
    """Whether the line that begins there goes on in the next one of its stream."""
    return _PIECE.match(data, begins) is not None
