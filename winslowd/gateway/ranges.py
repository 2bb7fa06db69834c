"""Which bytes of a file a Range header asks for, as RFC 9110 has it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from winslow.errors import OutOfRange

RANGES_MAX = 16
"""Ranges of one request: more are a way to make us work, not to see a video."""
_ONE = re.compile(r"([0-9]{0,18})-([0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Span:
    """`size` bytes from `offset` on, at least one."""

    offset: int
    size: int

    def told(self, of: int) -> str:
        """As Content-Range has it, for a file of `of` bytes."""
        return f"bytes {self.offset}-{self.offset + self.size - 1}/{of}"


def spans(header: str, size: int) -> Sequence[Span]:
    """The spans asked for, in their order; none where `header` is not one to understand: then the whole file is meant.

    Raises OutOfRange (RANGE_UNSATISFIABLE) when the file has none of them, or too many are asked for.
    """
    unit, _, rest = header.partition("=")
    found = [_ONE.fullmatch(one.strip()) for one in rest.split(",")]
    if unit.strip().lower() != "bytes" or not all(found):
        return ()
    pairs = [(one[1], one[2]) for one in found if one]
    if any(not (first or last) or (first and last and int(first) > int(last)) for first, last in pairs):
        return ()
    within = [span for first, last in pairs if (span := _span(first, last, size)).size > 0]
    if not within or len(pairs) > RANGES_MAX:
        raise OutOfRange(
            f"The file has {size} bytes, none at {rest.strip()}" if not within else f"{len(pairs)} ranges are too many",
            reason="RANGE_UNSATISFIABLE",
            subject="Range",
            hint="Ask for bytes within the file",
            metadata={"size": str(size)},
        )
    return within


def _span(first: str, last: str, size: int) -> Span:
    if not first:
        length = min(int(last), size)
        return Span(size - length, length)
    offset = int(first)
    end = min(int(last) + 1, size) if last else size
    return Span(offset, end - offset)
