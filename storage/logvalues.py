"""Numbers in a log: what the named groups of a pattern find, with their times, thinned where there are more than anybody sees.

Like `storage.logscan` it searches blocks of a MiB whole, with RE2, which no pattern and no log can hang. But both together can
make a match of every byte: so who searches asks after each block whether it was enough, and may give up within one. It reads
no files.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from storage.logarchive import first_time
from storage.stop import Stop
from winslow.errors import InvalidArgument
from winslow.ports import LogColumn, LogValues

COLUMNS_MAX = 20
"""Named groups of a pattern."""
ENOUGH = 1_000_000
"""Groups of matches that are looked at in one go, about: some seconds at the most where matches are short, and 16 MB."""
_BETWEEN = 1000
"""Matches between two looks at whether anybody still waits."""
_STAMP = re.compile(rb"(?m)^([^ \n]+) std(?:out|err) [FP] ")
_FOREIGN = re.compile(rb"(?m)^(?![^ \n]+ std(?:out|err) [FP] )[^\n]*\n?")


class Extraction:
    """Takes blocks of whole CRI lines, in order, and keeps every match that has a number."""

    def __init__(self, pattern: str) -> None:
        """Raises InvalidArgument (PATTERN_INVALID) for what is no RE2, or has no named group, or too many."""
        self._pattern = _compile(pattern)
        self._groups: dict[str, int] = {name.decode(): place for name, place in self._pattern.groupindex.items()}
        _require_groups(pattern, len(self._groups))
        self._stamps: list[bytes] = []
        self._columns = {name: array("d") for name in self._groups}
        self._looked_at = 0

    @property
    def enough(self) -> bool:
        """Whether the rest is for another time."""
        return self._looked_at * len(self._groups) >= ENOUGH

    def feed(self, block: bytes, stop: Stop | None = None) -> None:
        """Search `block`. A match never spans two lines. Raises Stopped."""
        stamps = _STAMP.findall(block)
        if len(stamps) != block.count(b"\n"):  # lines that the stage did not write
            block = _FOREIGN.sub(b"", block)
            stamps = _STAMP.findall(block)
        if not stamps:
            return
        text, line, at = _STAMP.sub(b"", block), 0, 0
        for match in self._pattern.finditer(text):
            self._looked_at += 1
            if stop and self._looked_at % _BETWEEN == 0:
                stop.check()
            begins = match.start()
            line += text.count(b"\n", at, begins)
            at = begins
            numbers = [_number(match.group(place)) for place in self._groups.values()]
            if all(map(math.isnan, numbers)):
                continue
            self._stamps.append(stamps[min(line, len(stamps) - 1)])
            for column, number in zip(self._columns.values(), numbers, strict=True):
                column.append(number)

    def values(self, offset: int, rows: int) -> LogValues:
        """At most `rows` of what was found, up to byte `offset` of the log."""
        kept = _kept(list(self._columns.values()), len(self._stamps), rows)
        columns = tuple(LogColumn(name, tuple(column[row] for row in kept)) for name, column in self._columns.items())
        return LogValues(offset, tuple(_times(self._stamps, kept)), columns, len(self._stamps))


def _times(stamps: Sequence[bytes], rows: Sequence[int]) -> Iterator[float]:
    """Unix seconds; a time that cannot be read is the one before."""
    last = 0.0
    for row in rows:
        last = first_time(stamps[row] + b" ") / 1e9 or last
        yield last


def _kept(columns: Sequence[array[float]], count: int, most: int) -> Sequence[int]:
    """The rows that a picture of `most` of them needs: of each stretch those with the least and the greatest values."""
    if count <= most:
        return range(count)
    stretches = max(1, (most - 2) // (2 * len(columns)))
    kept = {0, count - 1}
    for stretch in range(stretches):
        rows = range(stretch * count // stretches, (stretch + 1) * count // stretches)
        for column in columns:
            known = [row for row in rows if column[row] == column[row]]  # NaN is not itself
            if known:
                kept |= {min(known, key=column.__getitem__), max(known, key=column.__getitem__)}
    return sorted(kept)


def _number(text: bytes | None) -> float:
    """NaN for what is no finite number."""
    try:
        number = float(text) if text is not None and b"_" not in text else math.nan
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _compile(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.never_nl = True
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(b"(?m:" + pattern.encode() + b")", options)
    except re2.error as error:
        raise InvalidArgument(
            f"The pattern {pattern[:80]!r} cannot be read",
            reason="PATTERN_INVALID",
            subject=pattern[:80],
            hint="Write it in RE2 syntax, for instance loss=(?P<loss>[0-9.]+); there is no look-around and no back-reference",
        ) from error


def _require_groups(pattern: str, count: int) -> None:
    if 0 < count <= COLUMNS_MAX:
        return
    raise InvalidArgument(
        f"The pattern {pattern[:80]!r} has {count or 'no'} named groups",
        reason="PATTERN_INVALID",
        subject=pattern[:80],
        hint=f"Name what is to be drawn, for instance loss=(?P<loss>[0-9.]+); 1 to {COLUMNS_MAX} of them",
    )
