"""What lines of a log match: found in whole pieces of it at once, and tried on each line that may.

RE2 needs time linear in what it reads, whatever the pattern. A byte that is no UTF-8 is one character to it, as `.` finds any
other. It reads no files.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from winslow.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Match:
    """A line that was searched for, without its line end; `at` in Unix seconds, None where it has no time."""

    offset: int
    line: bytes
    at: float | None


_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(?:Z|\+00:00) ")


def line_time(line: bytes) -> float | None:
    """The time of a CRI line in Unix seconds; None for what is none."""
    found = _TIME.match(line)
    if found is None:
        return None
    try:
        whole = datetime.strptime(found[1].decode(), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return whole.timestamp() + float(found[2] or 0)


def matches(pattern: Pattern, data: bytes, offset: int, most: int) -> tuple[list[Match], int]:
    """The matching lines of a piece, and where the search goes on."""
    found: list[Match] = []
    for begins, line in pattern.lines(_as_text(data)):
        if pattern.matches(line.rstrip(b"\r\n")):
            text = data[begins : begins + len(line)].rstrip(b"\r\n")
            found.append(Match(offset + begins, text, line_time(text)))
            if len(found) == most:
                return found, offset + begins + len(line)
    return found, offset + len(data)


_STAND_IN = "\x1a"
"""For a byte that is no UTF-8: nobody writes it, and `.` finds it."""


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return _STAND_IN * (error.end - error.start), error.end


codecs.register_error("winslow.stand-in", _stand_in)


def _as_text(data: bytes) -> bytes:
    """`data` as UTF-8 of the same length: RE2 finds nothing across a byte that is none."""
    return data if data.isascii() else data.decode("utf-8", "winslow.stand-in").encode()


class _Compiled(Protocol):
    """A compiled RE2 pattern: linear in what it reads."""

    def search(self, text: bytes, pos: int = 0) -> _Found | None: ...


class _Found(Protocol):
    def start(self) -> int: ...


_ONLY_IN_LINES = re.compile(rb"\\[AzQC]|\(\?[a-zA-Z]*-|\r")
"""What may mean another thing in a piece than in a line of its own."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is looked for: in a line by itself, and in a whole piece at once, unless that could miss a line."""

    line: _Compiled
    piece: _Compiled | None

    def matches(self, line: bytes) -> bool:
        return self.line.search(line) is not None

    def lines(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The lines that may match, with where they begin: few where they are found in the piece, else all."""
        if self.piece is None or b"\r" in data:
            begins = 0
            while begins < len(data):
                ends = data.find(b"\n", begins) + 1 or len(data)
                yield begins, data[begins:ends]
                begins = ends
            return
        end = 0
        while end < len(data) and (found := self.piece.search(data, end)) is not None:
            begins = data.rfind(b"\n", end, found.start()) + 1 or end
            end = data.find(b"\n", found.start()) + 1 or len(data)
            yield begins, data[begins:end]


def compiled(pattern: str) -> Pattern:
    import re2  # 3 MB that a daemon has no use for where nobody searches

    encoded = pattern.encode()
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        line: _Compiled = re2.compile(encoded, options)
        if line.search(b"") is not None or _ONLY_IN_LINES.search(encoded):
            return Pattern(line, None)
        options.never_nl = True
        return Pattern(line, re2.compile(b"(?m:" + encoded + b")", options))
    except re2.error as error:
        raise InvalidArgument(
            f"The pattern {pattern[:80]!r} cannot be read: {error}",
            reason="PATTERN_INVALID",
            subject=pattern[:80],
            hint="Write it in RE2 syntax; a backslash before a character takes it as it is",
        ) from None
