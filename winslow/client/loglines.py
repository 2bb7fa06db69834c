"""Log lines, `TIME stdout|stderr|winslow F|P TEXT`, put together from the pieces in which a log arrives.

It never needs to know where the pieces come from or who looks at the lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

LINE_MAX = 1 << 20
"""Bytes of text after which a line without an end is handed on as it is, with `whole` False."""
STREAMS = ("stdout", "stderr", "winslow")


@dataclass(frozen=True, slots=True)
class LogLine:
    """`time` as it was written (RFC 3339, UTC, nanoseconds); `text` without its newline, not always UTF-8.

    `whole` is False where the line goes on in the next one of its stream.
    """

    time: str
    stream: str
    text: bytes
    whole: bool = True

    @property
    def at(self) -> datetime | None:
        """The time to the microsecond; None when it cannot be read."""
        try:
            return datetime.fromisoformat(self.time).astimezone(UTC)
        except ValueError:
            return None


class LineReader:
    """Feed it the bytes of a log in order; it yields lines, the parts of long ones joined, each stream by itself."""

    def __init__(self) -> None:
        self._rest = b""
        self._begun: dict[str, LogLine] = {}

    def feed(self, data: bytes) -> Iterator[LogLine]:
        *whole, self._rest = (self._rest + data).split(b"\n")
        for raw in whole:
            if line := self._joined(parse(raw)):
                yield line

    def finish(self) -> Iterator[LogLine]:
        """What is left when nothing follows."""
        rest, self._rest = self._rest, b""
        if rest and (line := self._joined(parse(rest))):
            yield line
        begun, self._begun = self._begun, {}
        yield from begun.values()

    def _joined(self, line: LogLine) -> LogLine | None:
        if begun := self._begun.pop(line.stream, None):
            line = replace(line, time=begun.time, text=begun.text + line.text)
        if line.whole or len(line.text) >= LINE_MAX:
            return line
        self._begun[line.stream] = line
        return None


def parse(raw: bytes) -> LogLine:
    """One line of a log file; what is none is a line of Winslow's own stream, as it is."""
    time, _, rest = raw.partition(b" ")
    stream, _, rest = rest.partition(b" ")
    tag, _, text = rest.partition(b" ")
    name = stream.decode("ascii", "replace")
    if name not in STREAMS or tag not in (b"F", b"P"):
        return LogLine("", "winslow", raw)
    return LogLine(time.decode("ascii", "replace"), name, text, tag == b"F")
