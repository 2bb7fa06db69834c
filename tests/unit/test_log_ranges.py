"""Ranges of a log share no line and miss none, wherever they are cut, whoever writes, in whichever form it lies."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage import logvalues
from storage.logvalues import Extraction
from storage.stop import Stop, Stopped
from tests.unit import world
from tests.unit.little import ANN, Little
from winslow.domain import lifecycle
from winslow.domain.stage import Stage
from winslow.errors import InvalidArgument
from winslowd.usecases import aligned
from winslowd.usecases.beginnings import Start
from winslowd.usecases.listing import Ask
from winslowd.usecases.logs import READ_MAX

TIME = b"2026-01-01T00:00:01.500000000Z "


@pytest.fixture
async def little(tmp_path: Path) -> Any:
    async with Little.led(tmp_path) as one:
        yield one


async def logged(little: Little, text: bytes) -> tuple[Stage, Path]:
    project = await little.project(None)
    await little.use_cases.runs.start(little.request(), project, Start())
    stage = await little.start("detect")
    path = Path(little.volume.workspaces.absolute(f"projects/{stage.project}/stages/{stage.id}/log"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return stage, path


@settings(max_examples=400)
@given(st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"")), max_size=12), st.integers(1, 12))
@example([b"", b"", b""], 1)
@example([b"x" * 30, b"y"], 4)
def test_every_line_is_in_exactly_one_range(lines: list[bytes], size: int) -> None:
    log = b"".join(line + b"\n" for line in lines)
    found = b""
    for offset in range(0, len(log) + size, size):
        for begins in range(max(0, offset - 3), offset + 1):
            if begins == offset and offset:
                continue
            start, end = aligned.lines_in(log[begins:], begins, offset, size)
            piece = log[begins + start : begins + end]
            assert piece == b"" or offset <= begins + start < offset + size
        found += piece
    assert found == log


def test_a_line_that_goes_on_is_told_by_its_stream() -> None:
    before = TIME + b"stdout P half\n" + TIME + b"stderr F done\n" + TIME + b"winslow F word\n"
    assert aligned.continued(before, whole=True) == ("stdout",)
    assert aligned.continued(b"stdout P cut\n" + before, whole=False) == ("stdout",)
    assert aligned.continued(TIME + b"stderr P cut\n", whole=False) == ()
    assert aligned.continued(before + TIME + b"stdout F its end\n", whole=True) == ()
    assert aligned.continued(b"\0\xff no line\n\n", whole=True) == ()


LINES = [TIME + b"stdout F line %d %s\n" % (number, b"x" * (number % 90)) for number in range(4000)]
LONG = [TIME + b"stdout P " + b"y" * 16384 + b"\n" for _ in range(9)] + [TIME + b"stdout F end\n"]


async def test_ranges_of_plain_and_archived_logs_are_the_same(little: Little) -> None:
    log = b"".join([*LINES, *LONG, *LINES])
    stage, path = await logged(little, log)
    lines, size = little.use_cases.logs.lines, 20_000

    async def ranges() -> list[Any]:
        return [await lines(ANN, "-", stage.id, offset, size) for offset in range(0, len(log) + size, size)]

    plain = await ranges()
    assert b"".join(chunk.data for chunk in plain) == log
    assert all(chunk.data.endswith(b"\n") for chunk in plain if chunk.data)
    assert {chunk.size for chunk in plain} == {len(log)}
    within = [chunk for chunk in plain if chunk.continued]
    assert within and all(chunk.continued == ("stdout",) and b"y" * 16384 in chunk.data for chunk in within[:-1])
    await little.move(stage, lifecycle.Ended(world.OK, {}, 1.0))
    assert await little.volume.logs.archive(stage.project, stage.id, 0.0)
    assert not path.exists()
    archived = await ranges()
    assert [(one.offset, one.data, one.continued) for one in archived] == [
        (one.offset, one.data, one.continued) for one in plain
    ]
    assert archived[-1].ended and not archived[0].ended


async def test_a_line_that_is_being_written_comes_once_it_is_whole(little: Little) -> None:
    stage, path = await logged(little, LINES[0] + LINES[1][:30])
    lines = little.use_cases.logs.lines
    assert (await lines(ANN, "-", stage.id, 0)).data == LINES[0]
    nothing = await lines(ANN, "-", stage.id, len(LINES[0]) + 1)
    assert (nothing.data, nothing.offset, nothing.ended) == (b"", len(LINES[0]) + 1, False)
    with path.open("ab") as log:
        log.write(LINES[1][30:])
    assert (await lines(ANN, "-", stage.id, 0)).data == LINES[0] + LINES[1]
    assert (await lines(ANN, "-", stage.id, 1)).data == LINES[1]


async def test_ranges_read_while_the_log_grows_miss_nothing(little: Little) -> None:
    stage, path = await logged(little, b"")
    log, size = b"".join(LINES), 1 << 14

    async def write() -> None:
        for at in range(0, len(log), 7777):
            with path.open("ab") as file:
                file.write(log[at : at + 7777])
            await asyncio.sleep(0)

    found: dict[int, bytes] = {}
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(write(), name="the stage's process")
        while not writing.done():
            for offset in range(0, path.stat().st_size + 1, size):
                data = (await little.use_cases.logs.lines(ANN, "-", stage.id, offset, size)).data
                assert data.startswith(found.get(offset, b""))
                found[offset] = data
    for offset in range(0, len(log), size):
        found[offset] = (await little.use_cases.logs.lines(ANN, "-", stage.id, offset, size)).data
    assert b"".join(found[offset] for offset in sorted(found)) == log


async def test_a_line_without_an_end_is_cut_and_never_read_whole(little: Little) -> None:
    stage, _ = await logged(little, LINES[0] + b"z" * (5 << 20) + b"\n" + LINES[1])
    lines = little.use_cases.logs.lines
    first = await lines(ANN, "-", stage.id, 0)
    assert first.data.startswith(LINES[0] + b"zzz") and len(first.data) <= READ_MAX
    assert (await lines(ANN, "-", stage.id, 1 << 20)).data == b""
    assert (await lines(ANN, "-", stage.id, 5 << 20)).data == LINES[1]


async def test_a_search_says_how_far_it_came(little: Little) -> None:
    log = b"".join(LINES)
    stage, _ = await logged(little, log)
    page = await little.use_cases.logs.search(ANN, "-", stage.id, "line 1 x$", 0, Ask(page_size=1))
    assert page.offset < page.size == len(log)
    last = await little.use_cases.logs.search(ANN, "-", stage.id, "nowhere", 0, Ask())
    assert (last.items, last.next_page_token, last.offset, last.size) == ((), "", len(log), len(log))


class TestValues:
    def test_named_groups_are_columns_with_the_times_of_their_lines(self) -> None:
        extraction = Extraction(r"step (?P<step>\d+)(?: loss=(?P<loss>\S+))?")
        extraction.feed(
            b"2026-01-01T00:00:01Z stdout F step 1 loss=0.5\n2026-01-01T00:00:02Z winslow F step 9 loss=9\n"
            b"2026-01-01T00:00:03Z stderr F step 2 loss=nan\nnothing\n2026-01-01T00:00:04Z stdout F step 3\rstep 4 loss=1e3\n"
        )
        values = extraction.values(7, 100)
        assert values.matched == 4 and values.offset == 7
        assert [time - values.times[0] for time in values.times] == [0, 2, 3, 3]
        columns = {column.group: column.values for column in values.columns}
        assert columns["step"] == (1, 2, 3, 4)
        loss = columns["loss"]
        assert (loss[0], loss[3]) == (0.5, 1000) and math.isnan(loss[1]) and math.isnan(loss[2])

    def test_every_drawing_of_a_bar_has_a_value_at_about_its_time(self) -> None:
        extraction = Extraction(r"loss=(?P<loss>[\d.]+)")
        extraction.feed(
            b"2026-01-01T00:00:01Z stderr P \r 1%|  | loss=0.9\r 2%|  | loss=0.8\r\n"
            b"2026-01-01T00:00:01Z stdout F loss=0.5 of another stream\n"
            b"2026-01-01T00:00:02Z stderr P  3%|  | loss=0.7\r\n2026-01-01T00:00:03Z stderr F  4%|# | loss=0.6\n"
        )
        values = extraction.values(0, 100)
        assert values.columns[0].values == (0.9, 0.8, 0.5, 0.7, 0.6)
        assert [time - values.times[0] for time in values.times] == [0, 0, 0, 1, 2]

    @given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=400), st.integers(4, 40))
    def test_of_too_many_the_least_and_the_greatest_stay(self, numbers: list[int], rows: int) -> None:
        extraction = Extraction(r"v=(?P<v>-?\d+)")
        extraction.feed(b"".join(TIME + b"stdout F v=%d\n" % number for number in numbers))
        values = extraction.values(0, rows)
        (column,) = values.columns
        assert len(column.values) <= rows and values.matched == len(numbers)
        assert (min(column.values), max(column.values)) == (min(numbers), max(numbers))
        assert (column.values[0], column.values[-1]) == (numbers[0], numbers[-1])
        rest = iter(numbers)
        assert all(any(value == other for other in rest) for value in column.values)  # in order

    @pytest.mark.parametrize(
        "pattern", ["(", "no group", "(a)", "(?P<a>x)(?=y)", "".join(f"(?P<g{n}>x)" for n in range(21))]
    )
    def test_what_cannot_be_drawn_is_refused(self, pattern: str) -> None:
        with pytest.raises(InvalidArgument) as caught:
            Extraction(pattern)
        assert caught.value.reason == "PATTERN_INVALID"

    @given(st.binary(max_size=200))
    def test_no_log_breaks_it(self, data: bytes) -> None:
        extraction = Extraction(r"(?P<a>\d+)|(?P<b>.)")
        extraction.feed(data)
        extraction.feed(TIME + b"stdout F " + data.replace(b"\n", b"") + b"\n")
        assert len(extraction.values(0, 10).times) <= 10

    def test_who_does_not_wait_any_more_ends_the_search_of_a_line_of_matches(self) -> None:
        extraction, stop = Extraction(r"(?P<a>\d)"), Stop()
        stop.request()
        with pytest.raises(Stopped):
            extraction.feed(TIME + b"stdout F " + b"1" * 100_000 + b"\n", stop)
        assert extraction.values(0, 1).matched < 2000

    async def test_a_log_full_of_matches_is_searched_piece_by_piece(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logvalues, "ENOUGH", 500)
        lines = [TIME + b"stdout F line %d %s\n" % (number, b"x" * 1000) for number in range(3000)]
        stage, _ = await logged(little, b"".join(lines))
        found, offset, asks = list[float](), 0, 0
        while offset < len(b"".join(lines)):
            piece = await little.use_cases.logs.extract(ANN, "-", stage.id, r"line (?P<n>\d+)", offset, 10_000)
            found += piece.values.columns[0].values
            offset, asks = piece.values.offset, asks + 1
        assert found == list(range(3000)) and asks == 4

    async def test_pieces_of_a_log_go_on_where_the_last_ended(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:

        stage, path = await logged(little, b"".join(LINES))
        extract = little.use_cases.logs.extract
        whole = await extract(ANN, "-", stage.id, r"line (?P<n>\d+)", 0, 10_000)
        assert whole.values.columns[0].values == tuple(range(4000)) and not whole.ended
        with path.open("ab") as log:
            log.write(LINES[7])
        more = await extract(ANN, "-", stage.id, r"line (?P<n>\d+)", whole.values.offset)
        assert more.values.columns[0].values == (7,) and more.values.offset == more.size
        await little.move(stage, lifecycle.Ended(world.OK, {}, 1.0))
        assert (await extract(ANN, "-", stage.id, r"line (?P<n>\d+)", more.values.offset)).ended
