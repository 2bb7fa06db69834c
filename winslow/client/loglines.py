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

    `whole` is False where the line goes on in the next one of its stream. `ended` is False where the stage may say more of it: it
    is what was said so far, and comes again.
    """

    time: str
    stream: str
    text: bytes
    whole: bool = True
    ended: bool = True

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
        self._begun: dict[str, _Begun] = {}

    def feed(self, data: bytes) -> Iterator[LogLine]:
        *whole, self._rest = (self._rest + data).split(b"\n")
        for raw in whole:
            if line := self._joined(parse(raw)):
                yield line

    def so_far(self, unfinished: bytes) -> Iterator[LogLine]:
        """The lines that are not ended (`LogChunk.unfinished`), each with what the log has of it; `ended` is False."""
        for raw in unfinished.split(b"\n")[:-1]:
            line = parse(raw)
            begun = self._begun.get(line.stream)
            yield replace(begun.line(line.text) if begun else line, whole=False, ended=False)

    def finish(self) -> Iterator[LogLine]:
        """What is left when nothing follows."""
        rest, self._rest = self._rest, b""
        if rest and (line := self._joined(parse(rest))):
            yield line
        begun, self._begun = self._begun, {}
        yield from (one.line() for one in begun.values())

    def _joined(self, line: LogLine) -> LogLine | None:
        begun = self._begun.get(line.stream)
        if begun is None and (line.whole or len(line.text) >= LINE_MAX):
            return line
        if begun is None:
            self._begun[line.stream] = _Begun(line, [line.text], len(line.text))
            return None
        if not line.whole and begun.size + len(line.text) < LINE_MAX:
            begun.texts.append(line.text)
            begun.size += len(line.text)
            return None
        del self._begun[line.stream]
        return replace(begun.line(line.text), whole=line.whole)


@dataclass(slots=True)
class _Begun:
    """Pieces of a line, kept apart until it ends: a progress bar has thousands."""

    first: LogLine
    texts: list[bytes]
    size: int

    def line(self, more: bytes = b"") -> LogLine:
        return replace(self.first, text=b"".join([*self.texts, more]))


def parse(raw: bytes) -> LogLine:
    """One line of a log file; what is none is a line of Winslow's own stream, as it is."""
    time, _, rest = raw.partition(b" ")
    stream, _, rest = rest.partition(b" ")
    tag, _, text = rest.partition(b" ")
    name = stream.decode("ascii", "replace")
    if name not in STREAMS or tag not in (b"F", b"P"):
        return LogLine("", "winslow", raw)
    return LogLine(time.decode("ascii", "replace"), name, text, tag == b"F")
