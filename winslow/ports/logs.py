"""Logs of stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from winslow.domain.pipeline import LogParser
from winslow.domain.stage import ProjectId, StageId


@dataclass(frozen=True, slots=True)
class Findings:
    """What a log said so far, up to byte `offset` of it. `progress` is 0 to 1."""

    offset: int
    results: tuple[tuple[str, str], ...] = ()
    progress: float | None = None


class Logs(Protocol):
    """Logs of stages, as bytes in CRI lines: `TIME stdout|stderr|winslow F|P TEXT`."""

    async def size(self, project: ProjectId, stage: StageId) -> int:
        """Bytes written so far; 0 when there is none yet."""

    async def read(self, project: ProjectId, stage: StageId, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`, whole lines only unless one line is longer than `size`."""

    async def scan(self, project: ProjectId, stage: StageId, offset: int, parsers: tuple[LogParser, ...]) -> Findings:
        """Read from `offset` to the last whole line and say what was found; the work is done elsewhere, in linear time."""

    async def note(self, project: ProjectId, stage: StageId, text: str) -> None:
        """Append one of Winslow's own lines (stream `winslow`)."""
