"""Logs of stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from winslow.domain.pipeline import LogParser
from winslow.domain.stage import ProjectId, StageId
from winslow.ports.manifests import EFFORT, Effort


@dataclass(frozen=True, slots=True)
class Findings:
    """What a log said so far, up to byte `offset` of it. `progress` is 0 to 1."""

    offset: int
    results: tuple[tuple[str, str], ...] = ()
    progress: float | None = None


@dataclass(frozen=True, slots=True)
class LogColumn:
    """What a named group found, row by row; NaN where it found no number."""

    group: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LogValues:
    """Numbers in a log, up to byte `offset` of it: rows chosen among `matched`, `times` in Unix seconds."""

    offset: int
    times: tuple[float, ...] = ()
    columns: tuple[LogColumn, ...] = ()
    matched: int = 0


class Underway(Protocol):
    """What stages on this node are saying: lines that are not ended, and so in no log yet."""

    def unfinished(self, stage: StageId) -> bytes:
        """CRI lines with tag P, one of each stream at the most, whose text goes on from what the log has of that line.

        As it is so far: the same text comes again with what was said since, here or in the log. b"" where nothing is known, as
        on another node. Answers at once and never raises.
        """


class Logs(Protocol):
    """Logs of stages, as bytes in CRI lines: `TIME stdout|stderr|winslow F|P TEXT`."""

    async def size(self, project: ProjectId, stage: StageId) -> int:
        """Bytes written so far; 0 when there is none yet."""

    async def read(self, project: ProjectId, stage: StageId, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`, whole lines only unless one line is longer than `size`."""

    async def scan(self, project: ProjectId, stage: StageId, offset: int, parsers: tuple[LogParser, ...]) -> Findings:
        """Read from `offset` to the last whole line and say what was found; the work is done elsewhere, in linear time."""

    async def extract(
        self, project: ProjectId, stage: StageId, offset: int, size: int, pattern: str, rows: int
    ) -> LogValues:
        """What `pattern` (RE2, named groups) finds in about `size` bytes from `offset`, whole lines, in at most `rows` rows.

        In fewer bytes where those are full of matches: the `offset` of the answer says how far it came.

        Raises InvalidArgument (PATTERN_INVALID, RANGE_INVALID).
        """

    async def span(self, project: ProjectId, stage: StageId, at: int) -> tuple[int, int]:
        """Between which offsets the first line of time `at` (Unix nanoseconds) or later begins, as far as is known unread."""

    async def archive(self, project: ProjectId, stage: StageId, quiet: float, effort: Effort = EFFORT) -> bool:
        """Compress the log of an attempt that has ended, unless it was written to in the last `quiet` seconds.

        Whether nothing is left to do. What is read stays the same at every offset, also meanwhile. Raises Conflict
        (LOG_CHANGED), DataLoss (ARCHIVE_DIFFERS, ARCHIVE_DAMAGED), Exhausted (DISK_FULL).
        """

    async def note(self, project: ProjectId, stage: StageId, text: str) -> None:
        """Append one of Winslow's own lines (stream `winslow`)."""
