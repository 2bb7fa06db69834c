"""Logs as people read them: pieces, tails, searches, and following a stage until it has ended.

A log is a growing file of CRI lines, `TIME stdout|stderr|winslow F|P TEXT`. Offsets are bytes, so that a reader who was
cut off goes on without a gap or a repeat. A follower looks at the file itself: nothing must be told that it grew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from winslow.domain.principal import Principal
from winslow.domain.stage import WAITING, Stage
from winslow.errors import InvalidArgument
from winslow.ports import Logs as LogsPort
from winslow.ports import LogValues, Store, Underway
from winslowd.usecases import aligned, past
from winslowd.usecases.listing import Ask, Page, decode_token, encode_token, page_size
from winslowd.usecases.logsearch import Match, compiled, line_time, matches
from winslowd.usecases.past import Past

PIECE = 256 * 1024
"""Bytes of one piece, whole lines."""
READ_MAX = 3 << 20
"""Bytes of one answer to ReadLog, which must fit into a message."""
POLL = 0.02
"""Seconds between two looks at the log of a stage that runs."""
PIECES_MOST = 4 << 20
"""Bytes of a log's end in which the pieces of a line are no lines of their own: a progress bar of an hour is one."""
EXTRACT_MOST = 16 << 20
"""Bytes in which values are looked for at a time: about a second, where every line has some."""
ROWS, ROWS_MAX = 1000, 10_000
"""Rows of values in one answer, and the most of them."""
SEARCH_MOST = 64 << 20
"""Bytes looked through for one page of a search; the page's token goes on behind them."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a log. With `ended` nothing follows; `size` is what was written so far."""

    offset: int
    data: bytes
    ended: bool
    size: int
    continued: tuple[str, ...] = ()
    """Streams whose first line in `data` goes on with one that began before it."""
    unfinished: bytes = b""
    """Lines behind `data` that are not ended, as CRI lines (`winslow.ports.Underway`); said anew by the next piece."""


@dataclass(frozen=True, slots=True)
class SearchPage(Page[Match]):
    """Up to `offset` of `size` bytes was looked through."""

    offset: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Extracted:
    """Numbers of a piece of a log. With `ended` nothing follows; `size` is what was written so far."""

    values: LogValues
    ended: bool
    size: int


@dataclass(frozen=True, slots=True)
class Logs:
    """The use cases of logs. All raise NotFound (PROJECT_UNKNOWN, STAGE_UNKNOWN); a stage's project may be `-`."""

    store: Store
    logs: LogsPort
    past: Past
    underway: Underway | None = None
    """Of the stages on this node; none where nothing is known of them."""

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

    async def lines(self, asker: Principal, project: str, id_: str, offset: int, size: int = 0) -> Chunk:
        """The lines that begin in the `size` bytes from `offset`, which may be any, each whole up to `READ_MAX`.

        Ranges side by side share no line and miss none, whoever writes meanwhile. Without a line, `offset` is as asked.
        """
        stage = await self._stage(project, id_)
        _require_offset(offset)
        size = min(max(size, 0) or aligned.RANGE, aligned.RANGE_MAX)
        ended, begins = stage.ended, max(offset - aligned.BEFORE, 0)
        data = await self.logs.read(stage.project, stage.id, begins, offset - begins + size + aligned.BEHIND)
        if data and data.find(b"\n", offset - begins + size - 1) < 0:  # a long line, or the end of what is there
            data += await self.logs.read(stage.project, stage.id, begins + len(data), READ_MAX - size)
        start, end = aligned.lines_in(data, begins, offset, size)
        written = await self.logs.size(stage.project, stage.id)
        if start == end:
            return Chunk(offset, b"", ended and offset >= written, written)
        goes_on = aligned.continued(data[:start], whole=begins == 0)
        return Chunk(begins + start, data[start:end], ended and begins + end >= written, written, goes_on)

    async def follow(
        self, asker: Principal, project: str, id_: str, offset: int = 0, tail_lines: int | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """Pieces as they are written, until the stage has ended and all was read: the last one is empty and `ended`.

        A stage that waits is waited for. Begins again at any offset without a gap or a repeat. A piece comes without data, too,
        when there is news of what is not ended yet.
        """
        stage = await self._stage(project, id_)
        _require_offset(offset)
        if tail_lines is not None:
            offset = await self.tail_offset(stage, tail_lines)
        told = b""
        while True:
            live = self._is_live(stage)  # before the read: what was written before the end is read after it
            data = await self.logs.read(stage.project, stage.id, offset, PIECE)
            unfinished = self._unfinished(stage) if live and len(data) < PIECE // 2 else b""
            if data or unfinished != told:
                told = unfinished
                yield Chunk(offset, data, False, offset + len(data), unfinished=unfinished)
                offset += len(data)
            elif live:
                await self._wait(stage)
            else:
                yield Chunk(offset, b"", True, await self.logs.size(stage.project, stage.id))
                return

    async def search(self, asker: Principal, project: str, id_: str, pattern: str, offset: int, ask: Ask) -> SearchPage:
        """Lines that match (RE2 syntax), in order. A page may be short, or empty, and yet have a next one.

        Raises InvalidArgument (PATTERN_INVALID).
        """
        stage = await self._stage(project, id_)
        _require_offset(offset)
        wanted, size = compiled(pattern), page_size(ask.page_size)
        asked = f"log\0{stage.id}\0{pattern}"
        at = int(decode_token(ask.page_token, asked)[0]) if ask.page_token else offset
        end = at + SEARCH_MOST
        found: list[Match] = []
        while at < end and len(found) < size:
            data = await self.logs.read(stage.project, stage.id, at, PIECE)
            if not data:
                return SearchPage(tuple(found), "", len(found), at, at)
            more, at = await asyncio.to_thread(matches, wanted, data, at, size - len(found))
            found += more
        written = await self.logs.size(stage.project, stage.id)
        return SearchPage(tuple(found), encode_token((at, ""), asked), len(found), at, max(at, written))

    async def extract(
        self, asker: Principal, project: str, id_: str, pattern: str, offset: int = 0, rows: int = 0
    ) -> Extracted:
        """Numbers that the named groups of `pattern` find from `offset` on, some mebibytes at a time.

        Raises InvalidArgument (PATTERN_INVALID).
        """
        stage = await self._stage(project, id_)
        _require_offset(offset)
        ended = stage.ended
        most = min(max(rows, 0) or ROWS, ROWS_MAX)
        values = await self.logs.extract(stage.project, stage.id, offset, EXTRACT_MOST, pattern, most)
        written = await self.logs.size(stage.project, stage.id)
        return Extracted(values, ended and values.offset >= written, written)

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

    def _unfinished(self, stage: Stage) -> bytes:
        return self.underway.unfinished(stage.id) if self.underway else b""

    async def _wait(self, stage: Stage) -> None:
        """A moment; for a stage that no node has yet, until something changed."""
        now = self.store.view.stage(stage.id)
        if now is not None and now.state in WAITING:
            await self.store.changed(self.store.view.revision)
        else:
            await asyncio.sleep(POLL)

    async def tail_offset(self, stage: Stage, lines: int) -> int:
        """Where the last `lines` whole lines begin, found from the end backwards; and what was begun behind them."""
        if lines < 0:
            raise InvalidArgument(f"A log has no {lines} lines", reason="RANGE_INVALID", hint="Ask for 0 or more")
        end = size = await self.logs.size(stage.project, stage.id)
        newlines = 0
        while end > 0:
            start = max(end - PIECE, 0)
            data = await self.logs.read(stage.project, stage.id, start, end - start)
            joined = lines > 0 and size - end < PIECES_MOST
            asked, end = end, start
            for begins, place in aligned.backwards(data):
                if joined and begins == 0 and start > 0 and start + place + 1 < asked:
                    end = start + place + 1  # how this one begins is read next
                    break
                newlines += not (joined and aligned.is_piece(data, begins))
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


def _require_offset(offset: int) -> None:
    if offset < 0:
        raise InvalidArgument(f"No log has an offset {offset}", reason="RANGE_INVALID", hint="Use 0 or more")
