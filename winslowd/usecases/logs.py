"""Logs as people read them: pieces, tails, searches, and following a stage until it has ended.

A log is a growing file of CRI lines, `TIME stdout|stderr|winslow F|P TEXT`. Offsets are bytes, so that a reader who was
cut off goes on without a gap or a repeat. A follower looks at the file itself: nothing must be told that it grew.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import re2

from winslow.domain.principal import Principal
from winslow.domain.stage import WAITING, Stage
from winslow.errors import InvalidArgument
from winslow.ports import Logs as LogsPort
from winslow.ports import Store
from winslowd.usecases import past
from winslowd.usecases.listing import Ask, Page, decode_token, encode_token, page_size
from winslowd.usecases.past import Past

PIECE = 256 * 1024
"""Bytes of one piece, whole lines."""
READ_MAX = 3 << 20
"""Bytes of one answer to ReadLog, which must fit into a message."""
POLL = 0.02
"""Seconds between two looks at the log of a stage that runs."""
SEARCH_MOST = 64 << 20
"""Bytes looked through for one page of a search; the page's token goes on behind them."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a log. With `ended` nothing follows; `size` is what was written so far."""

    offset: int
    data: bytes
    ended: bool
    size: int


@dataclass(frozen=True, slots=True)
class Match:
    """A line that was searched for, without its line end; `at` in Unix seconds, None where it has no time."""

    offset: int
    line: bytes
    at: float | None


@dataclass(frozen=True, slots=True)
class Logs:
    """The use cases of logs. All raise NotFound (PROJECT_UNKNOWN, STAGE_UNKNOWN); a stage's project may be `-`."""

    store: Store
    logs: LogsPort
    past: Past

    async def read(
        self, asker: Principal, project: str, id_: str, offset: int = 0, size: int = 0, tail_lines: int = 0
    ) -> Chunk:
        """What is there now from `offset` on, or its last `tail_lines`, in whole lines; at most `READ_MAX` bytes."""
        stage = await self._stage(project, id_)
        _require_offset(offset)
        ended = stage.ended
        if tail_lines:
            offset = await self.tail_offset(stage, tail_lines)
        data = await self.logs.read(stage.project, stage.id, offset, min(size or READ_MAX, READ_MAX))
        written = await self.logs.size(stage.project, stage.id)
        return Chunk(offset, data, ended and offset + len(data) >= written, written)

    async def follow(
        self, asker: Principal, project: str, id_: str, offset: int = 0, tail_lines: int | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """Pieces as they are written, until the stage has ended and all was read: the last one is empty and `ended`.

        A stage that waits is waited for. Begins again at any offset without a gap or a repeat.
        """
        stage = await self._stage(project, id_)
        _require_offset(offset)
        if tail_lines is not None:
            offset = await self.tail_offset(stage, tail_lines)
        while True:
            live = self._is_live(stage)  # before the read: what was written before the end is read after it
            data = await self.logs.read(stage.project, stage.id, offset, PIECE)
            if data:
                yield Chunk(offset, data, False, offset + len(data))
                offset += len(data)
            elif live:
                await self._wait(stage)
            else:
                yield Chunk(offset, b"", True, await self.logs.size(stage.project, stage.id))
                return

    async def search(
        self, asker: Principal, project: str, id_: str, pattern: str, offset: int, ask: Ask
    ) -> Page[Match]:
        """Lines that match (RE2 syntax), in order. A page may be short, or empty, and yet have a next one.

        Raises InvalidArgument (PATTERN_INVALID).
        """
        stage = await self._stage(project, id_)
        _require_offset(offset)
        compiled, size = _compiled(pattern), page_size(ask.page_size)
        asked = f"log\0{stage.id}\0{pattern}"
        at = int(decode_token(ask.page_token, asked)[0]) if ask.page_token else offset
        end = at + SEARCH_MOST
        found: list[Match] = []
        while at < end and len(found) < size:
            data = await self.logs.read(stage.project, stage.id, at, PIECE)
            if not data:
                return Page(tuple(found), "", len(found))
            matches, past = await asyncio.to_thread(_matches, compiled, data, at, size - len(found))
            found += matches
            at = past
        return Page(tuple(found), encode_token((at, ""), asked), len(found))

    async def locate(self, asker: Principal, project: str, id_: str, at: float) -> int:
        """Where the first line at or after `at` (Unix seconds) begins; the end of the log where there is none.

        Halves the log until a piece is left, so it costs a few reads however long the log is.
        """
        stage = await self._stage(project, id_)
        low, high = await self.logs.span(stage.project, stage.id, round(at * 1e9))
        while high - low > PIECE:
            middle = (low + high) // 2
            begins, when = await self._line_after(stage, middle)
            if when is None or when >= at or begins >= high:
                high = middle
            else:
                low = begins
        return await self._first_from(stage, low, at)

    # ---- inside

    async def _stage(self, project: str, id_: str) -> Stage:
        return past.stage_shown(await self.past.stage(project, id_)).stage

    def _is_live(self, stage: Stage) -> bool:
        now = self.store.view.stage(stage.id)
        return now is not None and now.live

    async def _wait(self, stage: Stage) -> None:
        """A moment; for a stage that no node has yet, until something changed."""
        now = self.store.view.stage(stage.id)
        if now is not None and now.state in WAITING:
            await self.store.changed(self.store.view.revision)
        else:
            await asyncio.sleep(POLL)

    async def tail_offset(self, stage: Stage, lines: int) -> int:
        """Where the last `lines` whole lines begin, found from the end backwards."""
        if lines < 0:
            raise InvalidArgument(f"A log has no {lines} lines", reason="RANGE_INVALID", hint="Ask for 0 or more")
        start = await self.logs.size(stage.project, stage.id)
        newlines = 0
        while start > 0:
            end, start = start, max(start - PIECE, 0)
            data = await self.logs.read(stage.project, stage.id, start, end - start)
            place = len(data)
            while (place := data.rfind(b"\n", 0, place)) >= 0:
                newlines += 1
                if newlines > lines:
                    return start + place + 1
        return 0

    async def _line_after(self, stage: Stage, offset: int) -> tuple[int, float | None]:
        """The first line with a time that begins after `offset`: where, and its time; None where there is none."""
        data = await self.logs.read(stage.project, stage.id, offset, PIECE)
        place = data.find(b"\n") + 1
        while place and place < len(data):
            end = data.find(b"\n", place)
            when = line_time(data[place : end if end >= 0 else len(data)])
            if when is not None:
                return offset + place, when
            place = end + 1
        return offset + len(data), None

    async def _first_from(self, stage: Stage, offset: int, at: float) -> int:
        while data := await self.logs.read(stage.project, stage.id, offset, PIECE):
            for line in data.splitlines(keepends=True):
                when = line_time(line)
                if when is not None and when >= at:
                    return offset
                offset += len(line)
        return offset


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


def _matches(pattern: Pattern, data: bytes, offset: int, most: int) -> tuple[list[Match], int]:
    """The matching lines of a piece, and where the search goes on."""
    found: list[Match] = []
    for begins, line in pattern.lines(data):
        text = line.rstrip(b"\r\n")
        if pattern.matches(text):
            found.append(Match(offset + begins, text, line_time(text)))
            if len(found) == most:
                return found, offset + begins + len(line)
    return found, offset + len(data)


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


def _compiled(pattern: str) -> Pattern:
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


def _require_offset(offset: int) -> None:
    if offset < 0:
        raise InvalidArgument(f"No log has an offset {offset}", reason="RANGE_INVALID", hint="Use 0 or more")
